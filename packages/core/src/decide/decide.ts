import type { EntryId } from '../ids.ts';
import type { Policy } from '../policy/schema.ts';
import type { QuestionFacts } from './facts.ts';
import { factsOf } from './facts-memo.ts';
import type { Guard } from './guard.ts';
import { GUARDS } from './guards/index.ts';
import { fold } from './text/normalise.ts';

export interface Candidate {
  readonly id: EntryId;
  /** The stored question. */
  readonly query: string;
  /** Cosine similarity to the new question. */
  readonly similarity: number;
}

export interface GuardVerdict {
  readonly guard: string;
  /** What differs, for people; absent when the guard let the pair pass. */
  readonly differs?: string | undefined;
}

export interface CandidateVerdict {
  readonly candidate: Candidate;
  /** `serve`, `below-threshold` or `guard:<name>`. */
  readonly verdict: string;
  /** Only in `explain`: every guard's verdict, not just the first veto. */
  readonly guards?: readonly GuardVerdict[] | undefined;
}

export type Decision =
  | { readonly kind: 'serve'; readonly candidate: Candidate; readonly verdicts: readonly CandidateVerdict[] }
  | {
      readonly kind: 'refuse';
      readonly reason: string;
      readonly nearest?: Candidate | undefined;
      readonly verdicts: readonly CandidateVerdict[];
    };

export interface DecideInput {
  readonly query: string;
  /** Sorted by falling similarity. */
  readonly candidates: readonly Candidate[];
  readonly policy: Pick<Policy, 'threshold' | 'guard'>;
  /** Ask every guard about every candidate, for `explain`. */
  readonly exhaustive?: boolean | undefined;
}

/** Rounding of a dot product of two unit vectors in 32 bits: the same text reaches a threshold of 1. */
const ROUNDING = 1e-6;

/**
 * From here on a guard's veto is the reason that is told, below the threshold too: it stands at any threshold, so an
 * operator sees that lowering it would not help.
 */
const TELLING = 0.7;

const STANDARD_GUARDS = GUARDS.filter((guard) => guard.level === 'standard');

function guardsAt(level: Policy['guard']): readonly Guard[] {
  if (level === 'off') return [];
  return level === 'strict' ? GUARDS : STANDARD_GUARDS;
}

/** From so many words on, Vietnamese typed without its diacritics leaves no doubt. */
const UNMARKED_WORDS_MIN = 5;

function isTypedWithoutMarks(plain: QuestionFacts, marked: QuestionFacts): boolean {
  if (marked.language !== 'vi' || plain.tokens.length < UNMARKED_WORDS_MIN) return false;
  return fold(plain.wording) === plain.wording && fold(marked.wording) === plain.wording;
}

/** The same question but for Unicode form, white space, case, punctuation, contractions and courtesies. */
export function isSameText(a: QuestionFacts, b: QuestionFacts): boolean {
  if (a.identity === b.identity) return true;
  if (a.tooLong || b.tooLong || a.wording === '') return false;
  return a.wording === b.wording || isTypedWithoutMarks(a, b) || isTypedWithoutMarks(b, a);
}

function judge(
  question: QuestionFacts,
  candidate: Candidate,
  policy: DecideInput['policy'],
  exhaustive: boolean,
): CandidateVerdict {
  // Written so that NaN fails.
  const near = candidate.similarity >= policy.threshold - ROUNDING;
  if (!near && !exhaustive && !(candidate.similarity >= TELLING)) return { candidate, verdict: 'below-threshold' };
  const stored = factsOf(candidate.query);
  const asked = isSameText(question, stored) ? [] : guardsAt(policy.guard);
  const guards: GuardVerdict[] = [];
  for (const guard of asked) {
    const differs = guard.differs(question, stored);
    guards.push(differs === undefined ? { guard: guard.name } : { guard: guard.name, differs });
    if (differs !== undefined && !exhaustive) break;
  }
  const veto = guards.find(({ differs }) => differs !== undefined);
  // A learned, calibrated verifier belongs here: what passed the threshold and every guard, weighed before it is served.
  const telling = veto !== undefined && candidate.similarity >= TELLING;
  const verdict = telling ? `guard:${veto.guard}` : near ? 'serve' : 'below-threshold';
  return exhaustive ? { candidate, verdict, guards } : { candidate, verdict };
}

/**
 * May a stored answer be served for this question? Pure. The one place where a hit by meaning is decided.
 * Candidates are judged nearest first until one may be served; the reason of a refusal is the nearest candidate's
 * (`no-candidate`, `below-threshold`, `guard:<name>`).
 */
export function decide(input: DecideInput): Decision {
  const [nearest] = input.candidates;
  if (nearest === undefined) return { kind: 'refuse', reason: 'no-candidate', verdicts: [] };
  const exhaustive = input.exhaustive === true;
  const question = factsOf(input.query);
  const verdicts: CandidateVerdict[] = [];
  let served: Candidate | undefined;
  for (const candidate of input.candidates) {
    const verdict = judge(question, candidate, input.policy, exhaustive);
    verdicts.push(verdict);
    if (verdict.verdict === 'serve') served ??= candidate;
    if (served !== undefined && !exhaustive) break;
  }
  if (served !== undefined) return { kind: 'serve', candidate: served, verdicts };
  return { kind: 'refuse', reason: verdicts[0]?.verdict ?? 'no-candidate', nearest, verdicts };
}
