import { words } from './lines.ts';

/** Words that carry grammar rather than meaning. Lower case. */
const FUNCTION_WORDS = new Set(
  words(`
a an the this that these those some any such
i me my mine myself we us our ours ourselves you your yours yourself he him his himself she her hers herself it its itself
they them their theirs themselves one ones someone anyone somebody anybody something anything
is are am was were be been being do does did done doing have has had having
will would shall should can could may might must ought
of in on at by for with about to from into onto upon over under between among through during within as than per via
and or but nor so yet if then else because while although though whether unless until since
not no what which who whom whose when where why how
there here also just even only very really actually currently simply quite rather
get got 
là của và có được cho với các những một này kia đó thì mà ở trong ngoài trên dưới vào ra từ đến tới về bởi do tại
không chẳng chưa đã đang sẽ rằng như khi nếu vì nên hay hoặc cũng vẫn còn rất nào gì ai đâu sao bao nhiêu mấy thế
tôi bạn anh chị em mình nó họ chúng ta cái con chiếc người việc sự phải bị để khiến đều cả lại nữa mà nên rồi thôi nhé vậy
`),
);

export function isFunctionWord(word: string): boolean {
  return FUNCTION_WORDS.has(word);
}
