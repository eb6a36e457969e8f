import { frames } from '../words/courtesies.ts';
import type { Token } from './tokens.ts';

/** Courtesies around a question that change nothing about its answer; longest first. */
const OPENINGS = frames(`
could you please answer this question
could you please answer this
can you please answer this
please answer this question
please answer this
could you please tell me
can you please tell me
would you please tell me
could you tell me
can you tell me
can anyone tell me
can someone tell me
would you tell me
could you please
can you please
would you please
please tell me
please let me know
i would like to know
i want to know
i wanted to know
i was wondering if you could tell me
i was wondering
i cannot figure out
i can not figure out
i do not know
i am not sure
i have no idea
i have a question
quick question
just wondering
excuse me
good morning
good afternoon
good evening
hi there
hello there
hi
hello
hey
dear sir
dear all
kindly
please
pls
plz
cho tôi hỏi
cho mình hỏi
cho em hỏi
cho tớ hỏi
cho hỏi
xin cho biết
xin vui lòng cho biết
vui lòng cho biết
vui lòng cho tôi biết
hãy cho tôi biết
bạn có thể cho tôi biết
xin hỏi
xin chào
chào bạn
bạn ơi
làm ơn
vui lòng
`);
const CLOSINGS = frames(`
thank you very much
thank you so much
thank you in advance
thanks in advance
thanks a lot
many thanks
thank you
thanks
thx
please
pls
plz
cảm ơn bạn
xin cảm ơn
cảm ơn
cám ơn
với ạ
ạ
`);

function matchesAt(tokens: readonly Token[], from: number, frame: readonly string[]): boolean {
  return from >= 0 && frame.every((word, i) => tokens[from + i]?.text === word);
}

/** The tokens without opening and closing courtesies; all of them when nothing else would be left. */
export function withoutFrames(tokens: readonly Token[]): readonly Token[] {
  let start = 0;
  let end = tokens.length;
  for (let round = 0; round < 3; round++) {
    const opening = OPENINGS.find((frame) => matchesAt(tokens, start, frame));
    if (opening !== undefined) start += opening.length;
    const closing = CLOSINGS.find((frame) => matchesAt(tokens, end - frame.length, frame));
    if (closing !== undefined) end -= closing.length;
    if (opening === undefined && closing === undefined) break;
  }
  if (start >= end) return tokens;
  const kept = tokens.slice(start, end);
  const first = kept[0];
  if (start > 0 && first !== undefined) kept[0] = { ...first, sentenceStart: true };
  return kept;
}
