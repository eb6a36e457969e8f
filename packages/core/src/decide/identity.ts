import type { Candidate } from './decide.ts';
import { formOf } from './text/question-form.ts';

export interface IdentityInput {
  /** Of the new question, as `formOf` gives it. */
  readonly form: string;
  readonly candidate: Pick<Candidate, 'id' | 'query'>;
}

/**
 * May the answer that stands under a question's identity be served for it? Pure; neither model nor threshold is asked.
 * The one place where a hit by identity is decided: an alias that outlived its rules or its entry says nothing, and
 * whatever else may forbid a pair of questions (feedback) is to be asked here as well as in `decide`.
 */
export function mayServeIdentity({ form, candidate }: IdentityInput): boolean {
  return formOf(candidate.query) === form;
}
