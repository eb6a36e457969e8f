import { COSINE_FLOOR } from '../decide/bar.ts';
import { type Candidate, type Decision, decideVerified } from '../decide/decide.ts';
import { mayServeIdentity } from '../decide/identity.ts';
import { formOf } from '../decide/text/question-form.ts';
import { decideVersion } from '../decide/version.ts';
import { NearhitError } from '../errors.ts';
import type { EntryId } from '../ids.ts';
import type { DecisionLog } from '../ports/decision-log.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { BasisCandidate, DecisionBasis, DecisionRecord } from '../ports/observer.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import type { Verifier } from '../ports/verifier.ts';

export interface ReplayDeps {
  readonly decisions: Pick<DecisionLog, 'find'>;
  readonly store: Pick<ResponseStore, 'getMany'>;
  readonly embedder: Pick<Embedder, 'model'>;
  readonly verifier?: Verifier | undefined;
}

export interface ReplayedDecision {
  readonly kind: 'serve' | 'refuse';
  readonly entryId: EntryId | null;
  readonly reason: string | null;
}

export interface ReplayReport {
  /** Of the decision. */
  readonly id: string;
  /** It comes out as it did. */
  readonly same: boolean;
  readonly recorded: ReplayedDecision;
  readonly replayed: ReplayedDecision;
  /** Versions, verdicts and probabilities that are not what they were. */
  readonly differs: readonly { readonly what: string; readonly recorded: unknown; readonly replayed: unknown }[];
  /** The bar that was in force then, and counts in the replay. Null: no candidate was compared by meaning. */
  readonly bar: Pick<DecisionBasis, 'similarityMin' | 'similarityOrigin' | 'verified'> | null;
}

/**
 * Makes a recorded decision once more, by today's rules and verifier under the bar, similarities and verdicts of feedback
 * of then; what the verifier's network said then, or did not, counts again where the verifier is the same. Throws NOT_FOUND, and NOT_REPLAYABLE where the record does not hold what it takes.
 */
export async function replayDecision(
  requestId: string,
  tenants: readonly string[] | undefined,
  deps: ReplayDeps,
): Promise<ReplayReport> {
  const record = await deps.decisions.find(requestId, tenants);
  if (record === undefined)
    throw new NearhitError(
      'NOT_FOUND',
      `No request '${requestId.slice(0, 100)}' is known any more: the last 10,000 or so are.`,
      { param: 'id' },
    );
  if (record.queryKey !== undefined)
    throw notReplayable('its question was longer than the 2,000 characters that are kept of one');
  if (record.stage === 'identity') return replayIdentity(record);
  const { basis } = record;
  if (basis === undefined)
    throw notReplayable('nothing was compared by meaning (or it was recorded by an older version)');
  if (basis.turns === true) throw notReplayable('earlier turns were compared, and those are not kept');
  return replayMeaning(record, basis, deps);
}

const notReplayable = (why: string): NearhitError =>
  new NearhitError('NOT_REPLAYABLE', `This decision can't be made once more: ${why}.`);

function replayIdentity(record: DecisionRecord): ReplayReport {
  const { query, candidate, entryId } = record;
  if (candidate === undefined || candidate.key !== undefined || entryId === undefined)
    throw notReplayable('the stored question is not kept whole');
  const form = formOf(query);
  const serves =
    form !== undefined && mayServeIdentity({ form, query, candidate: { id: entryId, query: candidate.query } });
  const recorded = { kind: 'serve', entryId, reason: null } as const;
  const replayed = serves ? recorded : ({ kind: 'refuse', entryId: null, reason: 'other-question' } as const);
  return { id: record.id ?? record.requestId, same: serves, recorded, replayed, differs: [], bar: null };
}

async function replayMeaning(record: DecisionRecord, basis: DecisionBasis, deps: ReplayDeps): Promise<ReplayReport> {
  const candidates = await candidatesOf(record, basis, deps);
  const decision = await decidedAgain(record.query, candidates, basis, deps.verifier);
  const recorded = decidedThen(basis);
  const replayed = decidedNow(decision);
  const { similarityMin, similarityOrigin, verified } = basis;
  return {
    id: record.id ?? record.requestId,
    same:
      recorded.kind === replayed.kind && recorded.entryId === replayed.entryId && recorded.reason === replayed.reason,
    ...{ recorded, replayed },
    differs: [...versions(basis, deps), ...verdicts(basis, decision)],
    bar: { similarityMin, similarityOrigin, ...(verified !== undefined && { verified }) },
  };
}

/** With their texts: the one that the record shows, the others as they are stored. */
async function candidatesOf(
  { candidate }: DecisionRecord,
  basis: DecisionBasis,
  { store }: ReplayDeps,
): Promise<Candidate[]> {
  const shown = candidate?.key === undefined ? candidate : undefined;
  const missing = basis.candidates.filter(({ entryId }) => entryId !== shown?.entryId).map(({ entryId }) => entryId);
  const entries = await store.getMany(missing);
  const texts = new Map(missing.map((id, at) => [id, entries[at]?.query]));
  return basis.candidates.map(({ entryId, similarity }) => {
    const query = entryId === shown?.entryId ? shown.query : texts.get(entryId);
    if (query === undefined)
      throw notReplayable(`the stored question ${entryId} is gone, and the record does not hold it`);
    return { id: entryId, query, similarity };
  });
}

function decidedAgain(
  query: string,
  candidates: readonly Candidate[],
  basis: DecisionBasis,
  verifier: Verifier | undefined,
): Promise<Decision> {
  const { verified, similarityMin, guard } = basis;
  const known = new Map(basis.candidates.map((one) => [one.entryId, one]));
  const texts = new Map(candidates.map(({ id, query: text }) => [text, known.get(id)?.link]));
  const input = {
    ...{ query, candidates, policy: { threshold: similarityMin, guard } },
    links: (_: string, stored: string) => texts.get(stored),
    ...(verified !== undefined && {
      verified: {
        probabilityMin: verified.probabilityMin ?? Number.POSITIVE_INFINITY,
        similarityWithout: verified.similarityWithout,
      },
    }),
  };
  return decideVerified(input, async ({ id, query: stored, similarity }) => {
    if (verifier === undefined || wasSilent(known.get(id))) return undefined;
    const heard = verified?.version === verifier.version ? known.get(id)?.network : undefined;
    const [verdict] = await verifier.verify([{ a: query, b: stored, similarity, heard }]);
    return verdict?.probability;
  });
}

/** The verifier was late then, or failed: its word did not count. */
const wasSilent = (judged: BasisCandidate | undefined): boolean =>
  judged !== undefined &&
  judged.probability === undefined &&
  judged.link === undefined &&
  (judged.verdict === 'serve' || (judged.verdict === 'below-threshold' && judged.similarity >= COSINE_FLOOR));

function decidedThen({ candidates }: DecisionBasis): ReplayedDecision {
  const served = candidates.find(({ verdict }) => verdict === 'serve');
  if (served !== undefined) return { kind: 'serve', entryId: served.entryId, reason: null };
  return { kind: 'refuse', entryId: null, reason: candidates[0]?.verdict ?? 'no-candidate' };
}

const decidedNow = (decision: Decision): ReplayedDecision =>
  decision.kind === 'serve'
    ? { kind: 'serve', entryId: decision.candidate.id, reason: null }
    : { kind: 'refuse', entryId: null, reason: decision.reason };

function versions({ embeddingModel, rules, verified }: DecisionBasis, { embedder, verifier }: ReplayDeps) {
  const compared = [
    { what: 'embeddingModel', recorded: embeddingModel, replayed: embedder.model.version },
    { what: 'rules', recorded: rules, replayed: decideVersion() },
    ...(verified === undefined
      ? []
      : [{ what: 'verifier', recorded: verified.version, replayed: verifier?.version ?? null }]),
  ];
  return compared.filter(({ recorded, replayed }) => recorded !== replayed);
}

function verdicts({ candidates }: DecisionBasis, decision: Decision) {
  return candidates.flatMap((recorded) => {
    const replayed = decision.verdicts.find(({ candidate }) => candidate.id === recorded.entryId);
    const compared = [
      {
        what: `${recorded.entryId}: verdict`,
        recorded: recorded.verdict,
        replayed: replayed?.verdict ?? 'not-reached',
      },
      {
        what: `${recorded.entryId}: probability`,
        recorded: recorded.probability ?? null,
        replayed: replayed?.probability ?? null,
      },
    ];
    return compared.filter((one) => one.recorded !== one.replayed);
  });
}
