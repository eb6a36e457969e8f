import { type Candidate, decide } from '../decide/decide.ts';
import type { Entry } from '../entry.ts';
import type { UnitVector } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { CachedEntry, MemoryCache } from '../ports/memory-cache.ts';
import type { NearestIndex } from '../ports/nearest-index.ts';
import type { Layer, Observer } from '../ports/observer.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { within } from '../within.ts';
import { isStaleServable, type StaleFound, unservable } from './stale.ts';

/** How many neighbours are looked at: a refused nearest must not hide a good second. */
const NEIGHBOURS = 5;
/** A text longer than this has more tokens than any window in use here: it is not even tokenised. */
const QUERY_CHARS_MAX = 8192;

export interface LookUpDeps {
  readonly memory: MemoryCache;
  readonly store: Pick<ResponseStore, 'get' | 'getMany'>;
  readonly embedder: Embedder;
  readonly index: Pick<NearestIndex, 'nearest'>;
  readonly observer: Observer;
  readonly now: () => number;
}

export type Found =
  | { readonly kind: 'hit'; readonly layer: Layer; readonly cached: CachedEntry; readonly similarity?: number }
  | {
      readonly kind: 'none';
      readonly reason: string;
      readonly nearest?: Candidate | undefined;
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

/** L2 and then by meaning, each within what is left until `deadlineMs` (`Date.now()` clock). Never throws. */
export async function lookUp(
  request: PreparedRequest,
  deps: LookUpDeps,
  deadlineMs: number,
  stages: Record<string, number>,
  requestId?: string,
): Promise<Found> {
  let stage = 'l2';
  let stale: StaleFound | undefined;
  let startedAt = performance.now();
  const next = (name: string) => {
    const at = performance.now();
    stages[stage] = at - startedAt;
    stage = name;
    startedAt = at;
  };
  const steps = async (): Promise<Found> => {
    const { removals } = deps.memory;
    const stored = await deps.store.get(request.id);
    const refused = stored === undefined ? 'no-candidate' : unservable(stored, request, deps.now());
    if (stored !== undefined && refused === undefined)
      return { kind: 'hit', layer: 'l2', cached: kept(stored, removals, deps) };
    if (stored !== undefined && isStaleServable(stored, request, deps.now())) stale = { layer: 'l2', entry: stored };
    const reason = refused ?? 'no-candidate';
    if (request.exactOnly !== undefined) return { kind: 'none', reason, stale };
    if (request.query.length > QUERY_CHARS_MAX) return { kind: 'none', reason, exactOnly: 'long-query', stale };
    next('embed');
    const [embedding] = await deps.embedder.embed([request.query], {
      deadlineMs,
      ...(requestId !== undefined && { requestId }),
    });
    if (embedding === undefined || embedding.truncated) return { kind: 'none', reason, exactOnly: 'long-query', stale };
    next('nearest');
    const found = await byMeaning(request, embedding.vector, { deadlineMs, requestId }, deps, next);
    if (found.kind === 'hit') return found;
    return { ...found, reason: found.reason === 'no-candidate' ? reason : found.reason, stale: stale ?? found.stale };
  };
  try {
    const leftMs = deadlineMs - deps.now();
    const late = () => new Error(`look-up deadline of ${Math.round(leftMs)} ms passed`);
    return await within(steps(), leftMs, late);
  } catch (error) {
    deps.observer.incident(`look-up-${stage}-failed`, error);
    return { kind: 'none', reason: 'cache-unavailable', storeAway: stage === 'l2', stale };
  } finally {
    next('');
  }
}

async function byMeaning(
  request: PreparedRequest,
  vector: UnitVector,
  { deadlineMs, requestId }: { deadlineMs: number; requestId: string | undefined },
  deps: LookUpDeps,
  next: (stage: string) => void,
): Promise<Found> {
  // Read after the embedding: a model of another process is known by its first answer at the latest.
  const embeddingModel = deps.embedder.model.version;
  const partition = partitionOf(request.scope, embeddingModel);
  const { fingerprint } = request;
  const neighbours = await deps.index.nearest({ partition, fingerprint, vector, k: NEIGHBOURS, deadlineMs, requestId });
  const { policy } = request.resolved;
  const threshold = request.controls.threshold ?? policy.threshold;
  // Below the threshold only the nearest is of interest, and only for the report.
  const worth = neighbours.filter((neighbour, at) => at === 0 || neighbour.similarity >= threshold);
  const { removals } = deps.memory;
  const entries = await Promise.all(
    worth.map(({ id }) => deps.memory.get(id, deps.now())?.entry ?? deps.store.get(id)),
  );
  next('decide');
  const candidates: Candidate[] = [];
  const expired: Candidate[] = [];
  let unservableWhy: string | undefined;
  worth.forEach(({ id, similarity }, at) => {
    const entry = entries[at];
    if (entry === undefined || !entry.semantic || !sameScope(entry, request)) return;
    const why = unservable(entry, request, deps.now());
    if (why === undefined) candidates.push({ id, query: entry.query, similarity });
    else unservableWhy ??= why;
    if (isStaleServable(entry, request, deps.now())) expired.push({ id, query: entry.query, similarity });
  });
  const judged = (among: readonly Candidate[]) =>
    decide({ query: request.query, candidates: among, policy: { threshold, guard: policy.guard } });
  const entryOf = (id: string) => entries[worth.findIndex((neighbour) => neighbour.id === id)] as Entry;
  const decision = judged(candidates);
  if (decision.kind === 'refuse') {
    const reason = decision.reason === 'no-candidate' ? (unservableWhy ?? decision.reason) : decision.reason;
    const kept = expired.length > 0 ? judged(expired) : decision;
    const stale: StaleFound | undefined =
      kept.kind === 'refuse'
        ? undefined
        : { layer: 'semantic', entry: entryOf(kept.candidate.id), similarity: kept.candidate.similarity };
    return { kind: 'none', reason, nearest: decision.nearest, vector, embeddingModel, stale };
  }
  const { id, similarity } = decision.candidate;
  const entry = entryOf(id);
  return {
    kind: 'hit',
    layer: 'semantic',
    cached: deps.memory.get(id, deps.now()) ?? kept(entry, removals, deps),
    similarity,
  };
}

/** What was taken out of L1 since the store was asked may be this one: it is served, and not put back. */
function kept(entry: Entry, removals: number, { memory, now }: LookUpDeps): CachedEntry {
  return memory.removals === removals ? memory.put(entry, now()) : { entry, rendered: new Map() };
}

/** The index is a view: whatever it says, an answer never leaves its scope and fingerprint. */
function sameScope(entry: Entry, request: PreparedRequest): boolean {
  const { tenant, namespace, model } = request.scope;
  return (
    entry.fingerprint === request.fingerprint &&
    entry.scope.tenant === tenant &&
    entry.scope.namespace === namespace &&
    entry.scope.model === model
  );
}
