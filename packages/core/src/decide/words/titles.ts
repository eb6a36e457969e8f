import { words } from './lines.ts';

/** Words that stand with a capital beside a name, or for a thing of which there is one, and name nobody. Lower case. */
export const TITLES: ReadonlySet<string> = new Set(
  words(`
mr mrs ms miss dr prof professor sir madam lord lady saint st president minister prime chancellor senator governor mayor
king queen prince princess emperor pope bishop archbishop deputy captain general admiral colonel officer judge justice
government state republic kingdom federation internet web earth world city holy ok
chính phủ nhà nước thủ tướng bộ trưởng phó chủ tịch tổng giám đốc trung tâm thành phố tỉnh thị xã quận huyện quốc hội
đảng sở ủy ban ông bà anh chị cô chú trái đất
`),
);
