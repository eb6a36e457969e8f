import { type QuestionFacts, readFacts } from './facts.ts';

/** Stored questions that keep being candidates are read once. */
const TEXTS_MAX = 2000;
/** Longer ones are rare, and would hold on to much memory. */
const TEXT_LENGTH_MAX = 1000;

const known = new Map<string, QuestionFacts>();

/** `readFacts`, remembered for the texts read last. Facts are never changed once read. */
export function factsOf(text: string): QuestionFacts {
  if (text.length > TEXT_LENGTH_MAX) return readFacts(text);
  const remembered = known.get(text);
  if (remembered !== undefined) return remembered;
  const facts = readFacts(text);
  if (known.size >= TEXTS_MAX) known.delete(known.keys().next().value as string);
  known.set(text, facts);
  return facts;
}
