import type { EntryId } from '../ids.ts';
import type { Policy } from '../policy/schema.ts';
import type { VerifiedBar } from './bar.ts';
import type { QuestionFacts } from './facts.ts';
import { factsOf } from './facts-memo.ts';
import type { Guard } from './guard.ts';
import { GUARDS } from './guards/index.ts';
import { isSameText } from './same-text.ts';

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

/** What was said of two questions before: one answer must, or cannot, serve both. Symmetric; undefined: nothing. */
export type LinkOf = (a: string, b: string) => Link | undefined;
export type Link = 'must' | 'cannot';

export interface CandidateVerdict {
  readonly candidate: Candidate;
  /** `serve`, `below-threshold`, `guard:<name>`, `feedback`, `verifier` or `error-budget`. */
  readonly verdict: string;
  /** The verifier's, that serving is right; absent where it was not asked or said nothing. */
  readonly probability?: number | undefined;
  /** It was judged before: that alone decided. */
  readonly link?: Link | undefined;
  /** Only in `explain`: every guard's verdict, not just the first veto. */
  readonly guards?: readonly GuardVerdict[] | undefined;
}

export type Decision =
  | {
      readonly kind: 'serve';
      readonly candidate: Candidate;
      /** Of the candidate, where the verifier was asked. */
      readonly probability?: number | undefined;
      readonly verdicts: readonly CandidateVerdict[];
    }
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
  /** What the verifier must say besides. Absent: it is not asked. */
  readonly verified?: Pick<VerifiedBar, 'probabilityMin' | 'similarityWithout'> | undefined;
  /** Wins over threshold, guards and models. Absent: nothing was judged. */
  readonly links?: LinkOf | undefined;
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

/** By feedback memory alone, or undefined where that has nothing to say. What can't be read whole is not served by it. */
function judgeLinked(
  question: QuestionFacts,
  candidate: Candidate,
  link: Link | undefined,
): CandidateVerdict | undefined {
  if (link === 'cannot') return { candidate, verdict: 'feedback', link };
  const readable = Number.isFinite(candidate.similarity) && !question.tooLong && !factsOf(candidate.query).tooLong;
  return link === 'must' && readable ? { candidate, verdict: 'serve', link } : undefined;
}

/** Asks for the probability of the candidate that it yields; told undefined where there is none. */
type Asking<R> = Generator<Candidate, R, number | undefined>;

function* judge(question: QuestionFacts, candidate: Candidate, input: DecideInput): Asking<CandidateVerdict> {
  const { policy, verified, exhaustive = false } = input;
  // Written so that NaN fails.
  const near = candidate.similarity >= policy.threshold - ROUNDING;
  if (!near && !exhaustive && !(candidate.similarity >= TELLING)) return { candidate, verdict: 'below-threshold' };
  const stored = factsOf(candidate.query);
  const same = isSameText(question, stored);
  const guards = same ? [] : askGuards(question, stored, policy.guard, exhaustive);
  const veto = guards.find(({ differs }) => differs !== undefined);
  const telling = veto !== undefined && candidate.similarity >= TELLING;
  const verdict = telling ? `guard:${veto.guard}` : near ? 'serve' : 'below-threshold';
  const shown = exhaustive ? { guards } : {};
  if (verified === undefined || same || (verdict !== 'serve' && !exhaustive)) return { candidate, verdict, ...shown };
  const probability = yield candidate;
  const weighed = verdict === 'serve' ? weigh(candidate, probability, verified) : verdict;
  return { candidate, verdict: weighed, probability, ...shown };
}

/** Without a probability the strict threshold decides, never the loose one. */
function weigh(
  { similarity }: Candidate,
  probability: number | undefined,
  { probabilityMin, similarityWithout }: NonNullable<DecideInput['verified']>,
): string {
  if (probability === undefined) return similarity >= similarityWithout - ROUNDING ? 'serve' : 'below-threshold';
  if (probability >= probabilityMin) return 'serve';
  return probabilityMin > 1 ? 'error-budget' : 'verifier';
}

function askGuards(a: QuestionFacts, b: QuestionFacts, level: Policy['guard'], exhaustive: boolean): GuardVerdict[] {
  const guards: GuardVerdict[] = [];
  for (const guard of guardsAt(level)) {
    const differs = guard.differs(a, b);
    guards.push(differs === undefined ? { guard: guard.name } : { guard: guard.name, differs });
    if (differs !== undefined && !exhaustive) break;
  }
  return guards;
}

function linkedOf(question: QuestionFacts, { links, candidates, query }: DecideInput) {
  return links && candidates.map((candidate) => judgeLinked(question, candidate, links(query, candidate.query)));
}

function* deciding(input: DecideInput): Asking<Decision> {
  const [nearest] = input.candidates;
  if (nearest === undefined) return { kind: 'refuse', reason: 'no-candidate', verdicts: [] };
  const exhaustive = input.exhaustive === true;
  const question = factsOf(input.query);
  const linked = linkedOf(question, input);
  const must = linked?.find((verdict) => verdict?.link === 'must');
  if (must !== undefined && !exhaustive) return { kind: 'serve', candidate: must.candidate, verdicts: [must] };
  const verdicts: CandidateVerdict[] = [];
  for (const [at, candidate] of input.candidates.entries()) {
    const before = linked?.[at];
    const judged = before === undefined || exhaustive ? yield* judge(question, candidate, input) : before;
    const verdict = { ...judged, ...before };
    verdicts.push(verdict);
    if (verdict.verdict === 'serve' && !exhaustive) break;
  }
  const served = must ?? verdicts.find(({ verdict }) => verdict === 'serve');
  if (served !== undefined)
    return { kind: 'serve', candidate: served.candidate, probability: served.probability, verdicts };
  return { kind: 'refuse', reason: verdicts[0]?.verdict ?? 'no-candidate', nearest, verdicts };
}

/**
 * May a stored answer be served for this question? Pure. The one place where a hit by meaning is decided.
 * Candidates are judged nearest first until one may be served, one that was judged right before ahead of all; the reason
 * of a refusal is the nearest candidate's (`no-candidate`, `below-threshold`, `guard:<name>`, `feedback`, `verifier`: less
 * probable than the bar; `error-budget`: no probability would do).
 * Nobody is asked for probabilities here: with `verified`, every candidate counts as one of which the verifier says nothing.
 */
export function decide(input: DecideInput): Decision {
  const steps = deciding(input);
  let step = steps.next();
  while (step.done !== true) step = steps.next(undefined);
  return step.value;
}

/** The same, asking `probabilityOf` about each candidate that nothing else refuses. It must not reject. */
export async function decideVerified(
  input: DecideInput,
  probabilityOf: (candidate: Candidate) => Promise<number | undefined>,
): Promise<Decision> {
  const steps = deciding(input);
  let step = steps.next();
  while (step.done !== true) step = steps.next(await probabilityOf(step.value));
  return step.value;
}
