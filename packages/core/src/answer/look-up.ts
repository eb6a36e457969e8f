import type { ShadowedEntry } from '../audit/choose.ts';
import type { Candidate, Decision } from '../decide/decide.ts';
import type { Entry } from '../entry.ts';
import type { UnitVector } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { CachedEntry, MemoryCache } from '../ports/memory-cache.ts';
import type { NearestIndex } from '../ports/nearest-index.ts';
import type { DecisionBasis, Layer, Observer, Stage } from '../ports/observer.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { within } from '../within.ts';
import { identityInMemory, identityInStore, nameOf } from './by-identity.ts';
import { Judging, type JudgingDeps } from './judging.ts';
import { StageTimer } from './stage-timer.ts';
import { isStaleServable, type StaleFound, sameScope, unservable } from './stale.ts';
import { throughTurns, turnsJudge } from './turns.ts';

/** How many neighbours are looked at: a refused nearest must not hide a good second. */
const NEIGHBOURS = 5;
/** A text longer than this has more tokens than any window in use here: it is not even tokenised. */
const QUERY_CHARS_MAX = 8192;

export interface LookUpDeps extends JudgingDeps {
  readonly memory: MemoryCache;
  readonly store: Pick<ResponseStore, 'get' | 'getMany' | 'identify'>;
  readonly embedder: Embedder;
  readonly index: Pick<NearestIndex, 'nearest'>;
  readonly observer: Observer;
  readonly now: () => number;
}

export type Found =
  | {
      readonly kind: 'hit';
      readonly layer: Layer;
      readonly cached: CachedEntry;
      readonly similarity?: number | undefined;
      readonly stage?: Stage | undefined;
      /** The verifier's probability that serving is right, and its version; where it was asked. */
      readonly score?: number | undefined;
      readonly scorer?: string | undefined;
      readonly basis?: DecisionBasis | undefined;
    }
  | {
      readonly kind: 'none';
      readonly reason: string;
      readonly nearest?: Candidate | undefined;
      readonly basis?: DecisionBasis | undefined;
      /** Only the bar stood against it; in shadow, also what would have been served by meaning. */
      readonly shadowed?: ShadowedEntry | undefined;
      /** The query's own embedding, so that the write does not make it again. */
      readonly vector?: UnitVector | undefined;
      /** `EmbeddingModel.version` that made it. */
      readonly embeddingModel?: string | undefined;
      readonly exactOnly?: string | undefined;
      /** The store did not answer: nor would whatever else is kept there. */
      readonly storeAway?: boolean;
      /** Past its life and kept: for when there is no other. */
      readonly stale?: StaleFound | undefined;
    };

/** L1, without a wait. */
export function exactInMemory(request: PreparedRequest, deps: LookUpDeps): CachedEntry | undefined {
  const nowMs = deps.now();
  const cached = deps.memory.get(request.id, nowMs);
  return cached !== undefined && unservable(cached.entry, request, nowMs) === undefined ? cached : undefined;
}

/**
 * By identity in L1; then L2 and what it names by identity; then by meaning: each within what is left until `deadlineMs`
 * (`Date.now()` clock). Never throws.
 */
export async function lookUp(
  request: PreparedRequest,
  deps: LookUpDeps,
  deadlineMs: number,
  stages: Record<string, number>,
  asker: Asker = {},
): Promise<Found> {
  const search: Search = { request, deps, deadlineMs, asker, timer: new StageTimer('identity', stages) };
  try {
    const leftMs = deadlineMs - deps.now();
    const late = () => new Error(`look-up deadline of ${Math.round(leftMs)} ms passed`);
    return await within(steps(search), leftMs, late);
  } catch (error) {
    const { stage } = search.timer;
    deps.observer.incident(`look-up-${stage}-failed`, error);
    const storeAway = stage === 'l2' || stage === 'identity';
    return { kind: 'none', reason: 'cache-unavailable', storeAway, stale: search.stale };
  } finally {
    search.timer.end();
  }
}

/** One look-up on its way. */
/** Whose look-up it is, for the logs and traces of other processes. */
interface Asker {
  readonly requestId?: string | undefined;
  readonly traceparent?: string | undefined;
}

interface Search {
  readonly request: PreparedRequest;
  readonly deps: LookUpDeps;
  readonly deadlineMs: number;
  readonly asker: Asker;
  readonly timer: StageTimer;
  stale?: StaleFound | undefined;
}

async function steps(search: Search): Promise<Found> {
  const { request, deps, deadlineMs, asker, timer } = search;
  const alike = identityInMemory(request, deps);
  if (alike !== undefined) return sameAs(alike);
  timer.next('l2');
  const { removals } = deps.memory;
  const exact = deps.store.get(request.id);
  const named = nameOf(request, deps);
  const stored = await exact;
  const refused = stored === undefined ? 'no-candidate' : unservable(stored, request, deps.now());
  if (stored !== undefined && refused === undefined)
    return { kind: 'hit', layer: 'l2', cached: kept(stored, removals, deps) };
  if (stored !== undefined) keepStale(search, { layer: 'l2', entry: stored });
  timer.next('identity');
  const same = await identityInStore(request, named, deps);
  const refusedSame = same && unservable(same, request, deps.now());
  if (same !== undefined && refusedSame === undefined)
    return sameAs(deps.memory.get(same.id, deps.now()) ?? kept(same, removals, deps));
  if (same !== undefined) keepStale(search, { ...SAME, entry: same });
  const reason = stored === undefined ? (refusedSame ?? 'no-candidate') : (refused ?? 'no-candidate');
  const none = { kind: 'none', reason } as const;
  if (request.exactOnly !== undefined) return { ...none, stale: search.stale };
  if (request.query.length > QUERY_CHARS_MAX) return { ...none, exactOnly: 'long-query', stale: search.stale };
  timer.next('embed');
  const [embedding] = await deps.embedder.embed([request.query], { deadlineMs, ...asker });
  if (embedding === undefined || embedding.truncated) return { ...none, exactOnly: 'long-query', stale: search.stale };
  timer.next('nearest');
  const found = await byMeaning(search, embedding.vector);
  if (found.kind === 'hit') return found;
  const { stale = found.stale } = search;
  return { ...found, reason: reason === 'no-candidate' ? found.reason : reason, stale };
}

/** The same question but for its form. */
const SAME = { layer: 'semantic', similarity: 1, stage: 'identity' } as const;

const sameAs = (cached: CachedEntry): Found => ({ kind: 'hit', ...SAME, cached });

/** The first that may be served past its life. */
function keepStale(search: Search, found: StaleFound): void {
  if (isStaleServable(found.entry, search.request, search.deps.now())) search.stale ??= found;
}

async function byMeaning({ request, deps, deadlineMs, asker, timer }: Search, vector: UnitVector): Promise<Found> {
  // Read after the embedding: a model of another process is known by its first answer at the latest.
  const embeddingModel = deps.embedder.model.version;
  const partition = partitionOf(request.scope, embeddingModel);
  const { fingerprint } = request;
  const neighbours = await deps.index.nearest({ partition, fingerprint, vector, k: NEIGHBOURS, deadlineMs, ...asker });
  const judging = new Judging(request, deps, { deadlineMs, ...asker });
  const { similarityMin } = judging.bar;
  // Below the threshold only the nearest is of interest, and only for the report; unless one was judged right before.
  const worth = neighbours.filter(
    (one, at) => at === 0 || judging.links !== undefined || one.similarity >= similarityMin,
  );
  const { removals } = deps.memory;
  const entries = await Promise.all(
    worth.map(({ id }) => deps.memory.get(id, deps.now())?.entry ?? deps.store.get(id)),
  );
  timer.next('decide');
  const candidates: Candidate[] = [];
  const expired: Candidate[] = [];
  let unservableWhy: string | undefined;
  worth.forEach(({ id, similarity }, at) => {
    const entry = entries[at];
    // The index is a view: what it says is compared again.
    if (entry === undefined || !entry.semantic || !sameScope(entry, request)) return;
    const why = unservable(entry, request, deps.now());
    if (why === undefined) candidates.push({ id, query: entry.query, similarity });
    else unservableWhy ??= why;
    if (isStaleServable(entry, request, deps.now())) expired.push({ id, query: entry.query, similarity });
  });
  const judged = (among: readonly Candidate[]) => judging.decide(among);
  const entryOf = (id: string) => entries[worth.findIndex((neighbour) => neighbour.id === id)] as Entry;
  const differ = turnsJudge(request, entryOf, similarityMin, (texts) =>
    deps.embedder.embed(texts, { deadlineMs, ...asker }),
  );
  const decision = await throughTurns(candidates, judged, differ);
  timer.took('verify', judging.verifyMs);
  const basis = judging.basisOf(decision, embeddingModel);
  if (decision.kind === 'refuse') {
    const reason = decision.reason === 'no-candidate' ? (unservableWhy ?? decision.reason) : decision.reason;
    const kept = expired.length > 0 ? await throughTurns(expired, judged, differ) : decision;
    const stale: StaleFound | undefined =
      kept.kind === 'refuse'
        ? undefined
        : { layer: 'semantic', entry: entryOf(kept.candidate.id), similarity: kept.candidate.similarity };
    const shadowed = shadowedOf(decision, judging, entryOf);
    return { kind: 'none', reason, nearest: decision.nearest, vector, embeddingModel, stale, shadowed, basis };
  }
  const { id, similarity } = decision.candidate;
  const entry = entryOf(id);
  return {
    kind: 'hit',
    layer: 'semantic',
    cached: deps.memory.get(id, deps.now()) ?? kept(entry, removals, deps),
    similarity,
    ...(decision.probability !== undefined && { score: decision.probability, scorer: judging.scorer }),
    basis,
  };
}

/** The nearest candidate, where nothing was against it but a probability below the bar. */
function shadowedOf(
  { verdicts }: Decision,
  { scorer }: Judging,
  entryOf: (id: string) => Entry,
): ShadowedEntry | undefined {
  const [first] = verdicts;
  if (first?.probability === undefined || (first.verdict !== 'verifier' && first.verdict !== 'error-budget'))
    return undefined;
  const { id, similarity } = first.candidate;
  return { entry: entryOf(id), similarity, score: first.probability, scorer, served: false };
}

/** What was taken out of L1 since the store was asked may be this one: it is served, and not put back. */
function kept(entry: Entry, removals: number, { memory, now }: LookUpDeps): CachedEntry {
  return memory.removals === removals ? memory.put(entry, now()) : { entry, rendered: new Map() };
}
