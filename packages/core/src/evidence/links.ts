import { hash } from 'node:crypto';
import type { Link, LinkOf } from '../decide/decide.ts';
import type { Fingerprint, PairId, Scope } from '../ids.ts';
import type { JudgedPair, PairFilter, PairPage, PairStore } from '../ports/pair-store.ts';
import { pairKeyOf, scopeKeyOf, textKeyOf } from './pair.ts';

/** What was said of one pair, and when last. */
interface Verdicts {
  wrongAtMs: number;
  readonly rightAtMs: Map<Fingerprint, number>;
}

/** Where a pair is, to be found again by its id. */
interface Place {
  readonly scope: string;
  readonly pair: string;
  readonly fingerprint: Fingerprint | undefined;
}

type Scopes = Map<string, Map<string, Verdicts>>;

const PAGE = 1000;
const NEVER = Number.NEGATIVE_INFINITY;

/** Half the memory of the two keys in full. */
const shortKey = (a: string, b: string): string => hash('sha256', pairKeyOf(a, b), 'base64url').slice(0, 22);

/**
 * Feedback memory: the judged pairs as this process knows them, for synchronous look-ups in constant time. Empty until
 * `load`; kept current by whoever follows the log (`refresh`). Of a wrong and a right verdict on one pair the later one
 * counts, at the same instant the wrong one; a right one counts for its own fingerprint only.
 */
export class LinkMemory {
  readonly #store: PairStore;
  #scopes: Scopes = new Map();
  #places = new Map<PairId, Place>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: PairStore) {
    this.#store = store;
  }

  /** How many pairs are known. */
  get size(): number {
    return this.#places.size;
  }

  /** For requests of this scope and fingerprint; undefined when nothing was judged in the scope. */
  of(scope: Scope, fingerprint: Fingerprint): LinkOf | undefined {
    if (this.#scopes.size === 0) return undefined;
    const known = this.#scopes.get(scopeKeyOf(scope));
    if (known === undefined) return undefined;
    return (a, b) => linkIn(known.get(shortKey(textKeyOf(a), textKeyOf(b))), fingerprint);
  }

  /** All anew from the store; what was known stays in force until it is there. */
  load(): Promise<void> {
    return this.#inTurn(async () => {
      const scopes: Scopes = new Map();
      const places = new Map<PairId, Place>();
      let cursor: string | undefined;
      do {
        const page: PairPage = await this.#store.list({}, { cursor, limit: PAGE });
        for (const pair of page.pairs) keep(pair, scopes, places);
        cursor = page.cursor;
      } while (cursor !== undefined);
      this.#scopes = scopes;
      this.#places = places;
    });
  }

  /** These have changed, or gone. */
  refresh(ids: readonly PairId[]): Promise<void> {
    return this.#inTurn(async () => {
      const pairs = await this.#store.getMany(ids);
      for (const [at, id] of ids.entries()) {
        const pair = pairs[at];
        this.#drop(id);
        if (pair !== undefined) keep(pair, this.#scopes, this.#places);
      }
    });
  }

  /** Durable, and in force in this process, when it resolves. */
  put(pairs: readonly JudgedPair[]): Promise<void> {
    return this.#inTurn(async () => {
      const letGo = await this.#store.put(pairs);
      for (const pair of pairs) {
        this.#drop(pair.id);
        keep(pair, this.#scopes, this.#places);
      }
      for (const id of letGo) this.#drop(id);
    });
  }

  /** The verdicts are taken back. Answers how many there were. */
  delete(ids: readonly PairId[]): Promise<number> {
    return this.#inTurn(async () => {
      const count = await this.#store.delete(ids);
      for (const id of ids) this.#drop(id);
      return count;
    });
  }

  /** As `PairStore.list`. */
  list(filter: PairFilter, page: { cursor?: string | undefined; limit: number }): Promise<PairPage> {
    return this.#store.list(filter, page);
  }

  #drop(id: PairId): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    const scope = this.#scopes.get(place.scope);
    const verdicts = scope?.get(place.pair);
    if (scope === undefined || verdicts === undefined) return;
    if (place.fingerprint === undefined) verdicts.wrongAtMs = NEVER;
    else verdicts.rightAtMs.delete(place.fingerprint);
    if (verdicts.wrongAtMs === NEVER && verdicts.rightAtMs.size === 0) scope.delete(place.pair);
    if (scope.size === 0) this.#scopes.delete(place.scope);
  }

  /** What was read just before must not overwrite what was written meanwhile. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function linkIn(verdicts: Verdicts | undefined, fingerprint: Fingerprint): Link | undefined {
  if (verdicts === undefined) return undefined;
  const rightAtMs = verdicts.rightAtMs.get(fingerprint) ?? NEVER;
  if (rightAtMs > verdicts.wrongAtMs) return 'must';
  return verdicts.wrongAtMs === NEVER ? undefined : 'cannot';
}

function keep(pair: JudgedPair, scopes: Scopes, places: Map<PairId, Place>): void {
  const { id, keys, verdict, fingerprint, atMs } = pair;
  // A right one of no fingerprint counts nowhere.
  if (verdict === 'right' && fingerprint === undefined) return;
  const place = { scope: scopeKeyOf(pair.scope), pair: shortKey(...keys), fingerprint };
  const scope = scopes.get(place.scope) ?? new Map<string, Verdicts>();
  const verdicts = scope.get(place.pair) ?? { wrongAtMs: NEVER, rightAtMs: new Map() };
  if (verdict === 'wrong') verdicts.wrongAtMs = atMs;
  else if (fingerprint !== undefined) verdicts.rightAtMs.set(fingerprint, atMs);
  scopes.set(place.scope, scope.set(place.pair, verdicts));
  places.set(id, place);
}
