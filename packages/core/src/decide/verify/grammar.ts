/** Differences in words that carry grammar, by what they do. */
import { pairByKey } from './align.ts';
import type { Reading } from './reading.ts';

const CLASSES: Readonly<Record<string, ReadonlySet<string>>> = {
  article: new Set('a an the this that these those some any such một những các cái con chiếc này kia đó'.split(' ')),
  person: new Set(
    'i me my mine myself we us our ours you your yours one ones someone anyone somebody anybody people tôi mình ta bạn anh chị em chúng'.split(
      ' ',
    ),
  ),
  third: new Set('he him his himself she her hers it its they them their theirs nó họ'.split(' ')),
  modal: new Set('will would shall should can could may might must ought phải'.split(' ')),
  time: new Set('is am are was were be been being do does did done have has had having đã đang sẽ'.split(' ')),
  relation: new Set(
    'of in on at by for with about to from into onto upon over under between among through during within as than per via trong ngoài trên dưới vào ra từ đến tới về bởi do tại'.split(
      ' ',
    ),
  ),
  link: new Set(
    'and or but nor so yet if then else because while although though whether unless until since'.split(' '),
  ),
  asking: new Set('what which who whom whose when where why how nào gì ai đâu sao bao nhiêu mấy'.split(' ')),
  denial: new Set('not no không chẳng chưa'.split(' ')),
  degree: new Set('just even only very really actually currently simply quite rather also there here'.split(' ')),
};

export const GRAMMAR_CLASSES: readonly string[] = [...Object.keys(CLASSES), 'particle'];

const CLASS_OF = new Map<string, number>();
Object.values(CLASSES).forEach((words, i) => {
  for (const word of words) CLASS_OF.set(word, i);
});

/** Words without a counterpart in each class, both sides added up. [GRAMMAR_CLASSES.length] */
export function grammarDifferences(a: Reading, b: Reading): number[] {
  const counts = GRAMMAR_CLASSES.map(() => 0);
  const { left, right } = pairByKey(a.grammar, b.grammar);
  for (const { token } of [...left, ...right]) {
    const at = CLASS_OF.get(token.text) ?? counts.length - 1;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}
