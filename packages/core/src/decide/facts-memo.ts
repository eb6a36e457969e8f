import { RecentMap } from '../recent-map.ts';
import { type QuestionFacts, readFacts } from './facts.ts';

/** Stored questions that keep being candidates are read once. */
const TEXTS_MAX = 2000;
/** Longer ones are rare, and would hold on to much memory. */
const TEXT_LENGTH_MAX = 1000;

const known = new RecentMap<QuestionFacts>(TEXTS_MAX);

/** `readFacts`, remembered for the texts asked for last. Facts are never changed once read. */
export function factsOf(text: string): QuestionFacts {
  if (text.length > TEXT_LENGTH_MAX) return readFacts(text);
  const remembered = known.get(text);
  if (remembered !== undefined) return remembered;
  const facts = readFacts(text);
  known.set(text, facts);
  return facts;
}
