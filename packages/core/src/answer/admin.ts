import type { Candidate, CandidateVerdict } from '../decide/decide.ts';
import type { Entry } from '../entry.ts';
import { DEFAULT_TENANT, type EntryId } from '../ids.ts';
import { partitionOf } from '../key/fingerprint.ts';
import type { PolicyService } from '../policy/service.ts';
import type { Invalidations } from '../ports/invalidations.ts';
import type { EntryFilter, ResponseStore, StoreUpkeep } from '../ports/response-store.ts';
import type { SharedFlights } from '../ports/shared-flights.ts';
import type { WriteQueue } from '../ports/write-queue.ts';
import { embedded } from '../remember/embedded.ts';
import { forget, type RememberDeps, remember } from '../remember/remember.ts';
import { prepare } from '../request/prepare.ts';
import type { EntryLine } from '../transfer/entry-line.ts';
import { readEntry } from '../transfer/read-entry.ts';
import { explainIdentity } from './by-identity.ts';
import { requestParts, verifierPart } from './explain-parts.ts';
import { Judging } from './judging.ts';
import type { LookUpDeps } from './look-up.ts';
import type { PendingAnswers } from './pending-answers.ts';
import { type FoundEntries, searchByMeaning } from './search.ts';
import { unservable } from './stale.ts';
import { type TurnsVerdict, throughTurns, turnsJudge } from './turns.ts';

export interface CacheAdminDeps extends LookUpDeps, RememberDeps {
  readonly store: ResponseStore;
  readonly upkeep: Pick<StoreUpkeep, 'unembedded'>;
  readonly queue: WriteQueue;
  readonly policies: PolicyService;
  readonly pending: PendingAnswers;
  readonly invalidations: Invalidations;
  readonly sharedFlights?: Pick<SharedFlights, 'forget'> | undefined;
}

export interface InvalidationReport {
  readonly matched: number;
  readonly deleted: number;
  /** The first 100. */
  readonly ids: readonly EntryId[];
}

/** Writes on their way are waited for this long, so that they are found and counted; what comes later is void anyway. */
const WRITES_WAIT_MS = 2000;
const PAGE = 500;
const IDS_SHOWN = 100;
const EXPLAINED = 5;
const FEATURES_SHOWN = 8;
/** An operator waits longer than a look-up would. */
const EXPLAIN_MS = 3000;

/** What operators do with the cache, beside policies. */
export class CacheAdmin {
  readonly #deps: CacheAdminDeps;

  constructor(deps: CacheAdminDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when every write accepted before the call is durable and searchable; while the embedder is away, but for
   * what waits for it. Throws FLUSH_TIMEOUT.
   */
  async flush({ timeoutMs }: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    const { queue } = this.#deps;
    const deadlineMs = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
    await queue.flush({ timeoutMs });
    const waited = await embedded(this.#deps, deadlineMs);
    // The vectors have to reach the index, too.
    if (waited) await queue.flush({ timeoutMs: deadlineMs && Math.max(1, deadlineMs - Date.now()) });
  }

  /** Stored questions that mean about the same as a text. Throws EMBEDDER_BUSY. */
  search(text: string, filter: EntryFilter, limit: number): Promise<FoundEntries> {
    return searchByMeaning(text, filter, limit, this.#deps);
  }

  /** The entry that a line of an import stands for. Throws INVALID_REQUEST with what is wrong with it. */
  readEntry(line: EntryLine, ttlSeconds: number | undefined): Entry {
    const { policies, embedder, now } = this.#deps;
    return readEntry(line, { policies, model: embedder.model, nowMs: now(), ttlSeconds });
  }

  /** Durable, and searchable but for what no vector could be made of now, when it resolves. Throws STORE_UNAVAILABLE. */
  async takeIn(entries: readonly Entry[]): Promise<void> {
    await remember(entries, this.#deps);
    for (const { id } of entries) this.#deps.memory.delete(id);
  }

  async deleteEntry(id: EntryId): Promise<boolean> {
    await this.#void({ ids: [id] });
    return (await this.#drop([id])).length > 0;
  }

  /** Answers being made and writes on their way are marked, so that nothing that matches slips in behind. */
  async invalidate(filter: EntryFilter, dryRun: boolean): Promise<InvalidationReport> {
    await (dryRun ? this.#written() : this.#void(filter));
    const ids: EntryId[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#deps.store.list(filter, { cursor, limit: PAGE });
      for (const { id } of page.entries) ids.push(id);
      cursor = page.cursor;
    } while (cursor !== undefined);
    let deleted = 0;
    for (let at = 0; !dryRun && at < ids.length; at += PAGE)
      deleted += (await this.#drop(ids.slice(at, at + PAGE))).length;
    // An answer whose write failed is in L1 only, where no filter finds it.
    if (!dryRun) this.#deps.memory.clear();
    return { matched: ids.length, deleted, ids: ids.slice(0, IDS_SHOWN) };
  }

  async #void(filter: EntryFilter): Promise<void> {
    const { pending, sharedFlights, invalidations, now } = this.#deps;
    const atMs = now();
    pending.invalidate(filter);
    sharedFlights?.forget();
    await this.#written();
    await invalidations.add({ filter, atMs });
  }

  #written(): Promise<void> {
    return this.#deps.queue.flush({ timeoutMs: WRITES_WAIT_MS }).catch(() => undefined);
  }

  /** The decision for a chat body, with every stage's numbers; nothing is served or stored. */
  async explain(
    body: Buffer,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): Promise<Record<string, unknown>> {
    const deps = this.#deps;
    const request = prepare({ body, headers, tenantOf: () => DEFAULT_TENANT }, deps.policies);
    const { policy, origin } = request.resolved;
    const judging = new Judging(request, deps, { exhaustive: true, deadlineMs: deps.now() + EXPLAIN_MS });
    const { bar } = judging;
    const stored = await deps.store.get(request.id);
    const exact = stored !== undefined && unservable(stored, request, deps.now()) === undefined;
    const identity = await explainIdentity(request, deps);
    const meaning = request.exactOnly === undefined ? await this.#byMeaning(request, judging) : undefined;
    const outcome = request.notCacheable
      ? { kind: 'bypass', reason: `not-cacheable:${request.notCacheable}` }
      : exact
        ? { kind: 'hit', layer: 'exact', entryId: request.id }
        : (identity?.outcome ?? meaning?.outcome ?? { kind: 'miss', reason: 'no-candidate' });
    return {
      decision: outcome,
      scope: request.scope,
      fingerprint: request.fingerprint,
      key: request.id,
      query: request.query,
      exactOnly: request.exactOnly ?? meaning?.exactOnly ?? null,
      exact:
        stored === undefined ? null : { entryId: stored.id, refused: unservable(stored, request, deps.now()) ?? null },
      identity: identity?.report ?? null,
      threshold: { value: bar.similarityMin, origin: bar.similarityOrigin },
      verifier: verifierPart(bar, judging.scorer, origin.maxErrorRate),
      guard: { value: policy.guard, origin: origin.guard },
      policy,
      ...requestParts(request),
      embeddingModel: deps.embedder.model.version,
      candidates: meaning?.candidates ?? [],
    };
  }

  async #byMeaning(request: ReturnType<typeof prepare>, judging: Judging) {
    const deps = this.#deps;
    const [embedding] = await deps.embedder.embed([request.query]);
    if (embedding === undefined || embedding.truncated)
      return { exactOnly: 'long-query', outcome: undefined, candidates: [] };
    const partition = partitionOf(request.scope, deps.embedder.model.version);
    const { vector } = embedding;
    const neighbours = await deps.index.nearest({ partition, fingerprint: request.fingerprint, vector, k: EXPLAINED });
    const entries = await deps.store.getMany(neighbours.map(({ id }) => id));
    const candidates = neighbours.flatMap(({ id, similarity }, at) => {
      const entry = entries[at];
      return entry === undefined ? [] : [{ id, similarity, query: entry.query, entry }];
    });
    const servable = candidates.filter(({ entry }) => unservable(entry, request, deps.now()) === undefined);
    const judged = (among: readonly Candidate[]) => judging.decide(among);
    const decision = await judged(servable);
    const verdicts = new Map(decision.verdicts.map((verdict) => [verdict.candidate.id, verdict]));
    const entryOf = (id: EntryId) => entries[neighbours.findIndex((one) => one.id === id)] as Entry;
    const turnsOf = turnsJudge(request, entryOf, judging.bar.similarityMin, (texts) => deps.embedder.embed(texts));
    const turns = new Map<EntryId, TurnsVerdict | undefined>();
    for (const candidate of candidates) turns.set(candidate.id, await turnsOf(candidate));
    const weighed = new Map<EntryId, unknown>();
    for (const candidate of candidates) weighed.set(candidate.id, await this.#weighed(request.query, candidate));
    const settled = await throughTurns(servable, judged, async ({ id }) => turns.get(id));
    return {
      exactOnly: undefined,
      outcome:
        settled.kind === 'serve'
          ? { kind: 'hit', layer: 'semantic', entryId: settled.candidate.id, similarity: settled.candidate.similarity }
          : { kind: 'miss', reason: settled.reason, similarity: settled.nearest?.similarity },
      candidates: candidates.map((candidate) =>
        explained(candidate, {
          verdict: verdicts.get(candidate.id),
          refused: unservable(candidate.entry, request, deps.now()),
          turns: turns.get(candidate.id),
          verifier: weighed.get(candidate.id) ?? null,
        }),
      ),
    };
  }

  /** What the verifier makes of a pair, the strongest features first; null where there is none, or it fails. */
  async #weighed(asked: string, { query, similarity }: Candidate) {
    const { verifier, observer, now } = this.#deps;
    try {
      const found = await verifier?.explain({ a: asked, b: query, similarity }, { deadlineMs: now() + EXPLAIN_MS });
      return found === undefined ? null : { ...found, features: found.features.slice(0, FEATURES_SHOWN) };
    } catch (error) {
      observer.incident('verify-failed', error);
      return null;
    }
  }

  async #drop(ids: readonly EntryId[]): Promise<EntryId[]> {
    const fromMemory = () => {
      for (const id of ids) this.#deps.memory.delete(id);
    };
    fromMemory();
    try {
      return await forget(ids, this.#deps);
    } finally {
      // A look-up that read the store just before may have put it back into L1.
      fromMemory();
    }
  }
}

interface Judged {
  readonly verdict: CandidateVerdict | undefined;
  /** Why it may not be served whatever its question. */
  readonly refused: string | undefined;
  readonly turns: TurnsVerdict | undefined;
  readonly verifier: unknown;
}

function explained(
  candidate: { id: EntryId; similarity: number; query: string; entry: Entry },
  { verdict, refused, turns, verifier }: Judged,
) {
  const judged = verdict?.verdict ?? 'not-reached';
  return {
    entryId: candidate.id,
    similarity: candidate.similarity,
    query: candidate.query,
    probability: verdict?.probability ?? null,
    verdict: refused ?? (judged === 'serve' && turns?.refused !== undefined ? 'guard:turns' : judged),
    link: verdict?.link ?? null,
    guards: verdict?.guards ?? [],
    verifier,
    ...(turns !== undefined && { turns: turns.turns, turnsRefused: turns.refused ?? null }),
  };
}
