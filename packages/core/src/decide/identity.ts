import type { Candidate, LinkOf } from './decide.ts';
import { formOf } from './text/question-form.ts';

export interface IdentityInput {
  /** Of the new question, as `formOf` gives it. */
  readonly form: string;
  /** The new question. */
  readonly query: string;
  readonly candidate: Pick<Candidate, 'id' | 'query'>;
  /** Wins over every rule. Absent: nothing was judged. */
  readonly links?: LinkOf | undefined;
}

/**
 * May the answer that stands under a question's identity be served for it? Pure; neither model nor threshold is asked.
 * The one place where a hit by identity is decided: an alias that outlived its rules or its entry says nothing, and
 * what was judged before counts as it does in `decide`.
 */
export function mayServeIdentity({ form, query, candidate, links }: IdentityInput): boolean {
  return formOf(candidate.query) === form && links?.(query, candidate.query) !== 'cannot';
}
