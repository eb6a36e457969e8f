import { mayServeIdentity } from '../decide/identity.ts';
import type { Entry } from '../entry.ts';
import type { LinkMemory } from '../evidence/links.ts';
import { type Identity, identityOf } from '../key/identity.ts';
import type { CachedEntry, MemoryCache } from '../ports/memory-cache.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { sameScope, unservable } from './stale.ts';

interface IdentityDeps {
  readonly memory: Pick<MemoryCache, 'get' | 'getByIdentity'>;
  readonly store: Pick<ResponseStore, 'get' | 'identify'>;
  readonly now: () => number;
  /** What was judged before. */
  readonly links?: Pick<LinkMemory, 'of'> | undefined;
}

/** Whatever says that this entry answers the request: its own query, scope and fingerprint are compared again. */
function answersSame(
  entry: Entry,
  request: PreparedRequest,
  { form }: Identity,
  { links: memory }: Pick<IdentityDeps, 'links'>,
): boolean {
  if (!entry.semantic || !sameScope(entry, request)) return false;
  const links = memory?.of(request.scope, request.fingerprint);
  return mayServeIdentity({ form, query: request.query, candidate: entry, links });
}

/** L1, without a wait. */
export function identityInMemory(request: PreparedRequest, deps: IdentityDeps): CachedEntry | undefined {
  const identity = identityOf(request);
  if (identity === undefined) return undefined;
  const nowMs = deps.now();
  const cached = deps.memory.getByIdentity(identity.key, nowMs);
  if (cached === undefined || unservable(cached.entry, request, nowMs) !== undefined) return undefined;
  return answersSame(cached.entry, request, identity, deps) ? cached : undefined;
}

/** The entry that the store holds under the request's identity; it may be past its life. */
export async function identityInStore(
  request: PreparedRequest,
  named: ReturnType<ResponseStore['identify']> | undefined,
  deps: IdentityDeps,
): Promise<Entry | undefined> {
  const identity = identityOf(request);
  const id = await named;
  if (identity === undefined || id === undefined || id === request.id) return undefined;
  const entry = deps.memory.get(id, deps.now())?.entry ?? (await deps.store.get(id));
  return entry !== undefined && answersSame(entry, request, identity, deps) ? entry : undefined;
}

/** Beside `get`, in the same turn. What fails there fails here too, and is told there. */
export function nameOf(request: PreparedRequest, { store }: IdentityDeps) {
  const identity = identityOf(request);
  return identity && store.identify(identity.key).catch(() => undefined);
}

/** For people: under which key was looked, what stood there, and whether it may be served. */
export async function explainIdentity(request: PreparedRequest, deps: IdentityDeps) {
  const identity = identityOf(request);
  if (identity === undefined) return undefined;
  const id = await deps.store.identify(identity.key);
  const entry = id === undefined ? undefined : await deps.store.get(id);
  if (entry === undefined) return { report: { ...identity, entryId: null, refused: null } };
  const refused = answersSame(entry, request, identity, deps)
    ? unservable(entry, request, deps.now())
    : 'other-question';
  const report = { ...identity, entryId: entry.id, query: entry.query, refused: refused ?? null };
  if (refused !== undefined) return { report };
  const outcome = { kind: 'hit', layer: 'semantic', stage: 'identity', entryId: entry.id, similarity: 1 };
  return { report, outcome };
}
