/** What a guard is given: the new question and a stored one, parsed once for all guards. */
import type { QuestionFacts } from './facts.ts';

/**
 * A veto: are these two questions surely not the same, for one reason? Pure, symmetric (`differs(a, b) === differs(b, a)`),
 * well under a millisecond. Answers what differs, for people, or undefined when this guard sees no difference.
 */
export interface Guard {
  /** Appears in `x-nearhit-reason: guard:<name>`. */
  readonly name: string;
  /** Lowest policy level at which it is asked. */
  readonly level: 'standard' | 'strict';
  differs(a: QuestionFacts, b: QuestionFacts): string | undefined;
}
