import type { QuestionFacts } from '../facts.ts';

const FACT = /^(?:what|whats|when|where|who|which|show|tell|give|is|are|was|were)$/;
const OWN: Readonly<Record<string, 'mine' | 'yours'>> = {
  my: 'mine',
  mine: 'mine',
  myself: 'mine',
  your: 'yours',
  yours: 'yours',
  yourself: 'yours',
};
/** Longer questions say `your` of anybody: `the easiest way to improve your memory`. */
const SHORT = 6;
/** Of somebody alone: `how old am I`, `where do you live`. */
const OF_SOMEBODY =
  /^(?:(?:who|where|what|how (?:old|tall)) (am i|are you)(?: \S+){0,2}|(?:where|what) (?:do|can) (i|you) (?:live|work|come from|do|like|know|want)(?: \S+)?)$/;

/** Whose fact is asked for: `my balance`, `your name`; undefined for what people ask in general (`how do I reset my password`). */
function asksOf({ tokens, answers }: QuestionFacts): { readonly whose: string; readonly of: string } | undefined {
  const words = tokens.map(({ text }) => text);
  if (answers.has('manner') || answers.has('reason') || !FACT.test(words[0] ?? '')) return somebody(words);
  const owns = words.flatMap((word, at) => {
    const whose = OWN[word];
    return whose === undefined ? [] : [{ whose, of: /self$/.test(word) ? '' : (tokens[at + 1]?.key ?? '') }];
  });
  const [only, ...more] = owns;
  return more.length === 0 && words.length <= SHORT ? (only ?? somebody(words)) : undefined;
}

function somebody(words: readonly string[]): { readonly whose: string; readonly of: string } | undefined {
  const [, being, doing] = OF_SOMEBODY.exec(words.join(' ')) ?? [];
  const whose = being ?? doing;
  if (whose === undefined) return undefined;
  return { whose: /i$/.test(whose) ? 'mine' : 'yours', of: 'self' };
}

/** `What is my name?`, `What is your name?`: one fact, of who asks and of who is asked. */
export function asksOfAnother(a: QuestionFacts, b: QuestionFacts): boolean {
  const [x, y] = [asksOf(a), asksOf(b)];
  return x !== undefined && y !== undefined && x.of === y.of && x.whose !== y.whose;
}
