import type { QuestionFacts } from '../facts.ts';
import { AUXILIARIES, COMMANDS } from '../reference/words.ts';
import type { Token } from '../text/tokens.ts';
import { words } from '../words/lines.ts';

/** A shorter text without a question mark may be a question all the same. */
const TELLS_MIN = 14;
const COMMANDED = new Set(
  words(`
pretend ignore disregard assume suppose answer reply respond tell recommend advise always never only instead please
hãy đừng chớ viết dịch tóm giải liệt nêu phân trình kể tìm tính soạn tạo lập gợi hướng trả nói giả bỏ giúp vui
`),
);
const ASKS = new Set(words('what which whose who whom when where why how gì nào sao đâu ai mấy'));
/** `I want to know`, `tôi cần biết`. */
const WANTS = new Set(words('want need would like wish help wonder wondering looking muốn cần nhờ định'));
const SELF = new Set(words('i we my our tôi mình em tớ'));
/** A request says so in its first words. */
const OPENING = 8;

export const isCommand = ({ text }: Token): boolean => COMMANDED.has(text) || COMMANDS.has(text);

/**
 * Does it tell something, and ask and order nothing? A paraphrase of such a text leaves out or adds what is said by the
 * way; in what asks, every word may shape the answer. In doubt it asks.
 */
export function tells({ tokens, cleaned, answers, instructions }: QuestionFacts): boolean {
  if (tokens.length < TELLS_MIN || cleaned.includes('?') || answers.size > 0 || instructions.length > 0) return false;
  const [first, second] = tokens;
  if (first === undefined || second === undefined || isCommand(first) || isCommand(second)) return false;
  if (ASKS.has(first.text) || AUXILIARIES.has(first.text) || tokens.slice(-2).some(({ text }) => ASKS.has(text)))
    return false;
  const opening = tokens.slice(0, OPENING);
  return !(opening.some(({ text }) => SELF.has(text)) && opening.some(({ text }) => WANTS.has(text)));
}
