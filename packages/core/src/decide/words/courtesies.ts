import { lines, words } from './lines.ts';

/**
 * What people say around a question and that changes nothing about its answer. Narrower than the frames that guards
 * read over: what is left out here is left out of a key, and nobody asks again.
 */

/** Before a question; never what is asked about. */
export const ASKING = frames(`
can anyone tell me
can someone tell me
could you please tell me
can you please tell me
would you please tell me
could you tell me
can you tell me
would you tell me
could you please
can you please
would you please
please tell me
please let me know
i would like to know
i want to know
i wanted to know
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
`);

/** The same, where punctuation follows. */
export const ANNOUNCING = frames(`
could you please answer this question
could you please answer this
can you please answer this question
can you please answer this
please answer this question
please answer this
can you tell me
could you tell me
please tell me
i have a question
i was wondering
just wondering
quick question
one question
`);

/** Before a question, as they are. */
export const PLEADING = frames(`
please
pls
plz
làm ơn
vui lòng
`);

/** Before a question, where punctuation or the beginning of a question follows. */
export const GREETING = frames(`
hi
hi there
hello
hello there
hey
hey there
good morning
good afternoon
good evening
dear all
excuse me
xin chào
chào bạn
bạn ơi
`);

/** After a question, behind punctuation. */
export const THANKS = frames(`
thank you
thank you very much
thank you so much
thank you in advance
thanks
thanks a lot
thanks in advance
many thanks
thx
cảm ơn
cảm ơn bạn
xin cảm ơn
cám ơn
please
pls
plz
`);

/** After a question, as they are. */
export const ENDING = frames(`
please
pls
plz
ạ
với ạ
`);

export const QUESTION_BEGINS: ReadonlySet<string> = new Set(
  words('what who whose when where which why how can could would please'),
);

/** Behind these, a courtesy is what is spoken of: `please in French`, `vui lòng tiếng Anh là gì`. */
export const SPOKEN_OF_BEFORE: ReadonlySet<string> = new Set(
  words('in is means mean meaning to into and or vs as for of like me please you tiếng nghĩa là trong dịch'),
);

/** Before these too: `how do you say please`. */
export const SPOKEN_OF_AFTER: ReadonlySet<string> = new Set(
  words(
    'say said saying spell write type pronounce mean means word phrase use using of is like with and or to than for about a an the as in by not no i you we they he she it will can could may might must should would do does did từ chữ tiếng là',
  ),
);

/** The question may be about words, these courtesies among them. */
export const ABOUT_WORDS =
  /["`]|(?<![\p{L}\p{M}])(?:translat|say|said|spell|word|phrase|mean|writ|wrote|pronounc|respond|repl|rhym|lyric|rephras|proofread|correct|gramma|sentenc|synonym|antonym|polite|greet|french|spanish|german|italian|japanese|chinese|korean|vietnamese|english|latin|portuguese|russian|arabic|hindi|greek|turkish|thai|language|tiếng|dịch|nghĩa|từ|câu|nói|viết)/u;

/** One a line, as words; longest first. */
export function frames(list: string): string[][] {
  return lines(list)
    .map((line) => line.split(' '))
    .sort((a, b) => b.length - a.length);
}
