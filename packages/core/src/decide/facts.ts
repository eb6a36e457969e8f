/** A question, read once: everything that guards compare. Filled in by the guards' author. */
export interface QuestionFacts {
  readonly text: string;
}
export function readFacts(text: string): QuestionFacts {
  return { text };
}
