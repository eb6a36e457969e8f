import {
  type JudgedPair,
  PAIR_BOUNDS,
  type PairBounds,
  type PairFilter,
  type PairId,
  type PairPage,
  type PairStore,
  pairPosition,
  readPairPage,
  scopeKeyOf,
} from '@nearhit/core';
import { pack, unpack } from './entry-codec.ts';
import { prefixRange, term } from './keys.ts';
import { NOTHING } from './rows.ts';
import type { Tables } from './tables.ts';
import type { Plan, Writer } from './writer.ts';

const CHUNK = 512;
const POSITION_BYTES = 38;
const ID_BYTES = 32;

/** Records by id, and their positions in the order of all, of their scope and of their tenant. */
export class LmdbPairs implements PairStore {
  readonly #tables: Tables;
  readonly #writer: Writer;
  readonly #bounds: PairBounds;

  constructor(tables: Tables, writer: Writer, bounds: PairBounds = PAIR_BOUNDS) {
    this.#tables = tables;
    this.#writer = writer;
    this.#bounds = bounds;
  }

  async put(pairs: readonly JudgedPair[]): Promise<PairId[]> {
    this.#writer.assertOpen();
    const { pairs: records, pairOrder, pairGroups } = this.#tables;
    for (let at = 0; at < pairs.length; at += CHUNK) {
      // Of several under one id the last.
      const some = new Map(pairs.slice(at, at + CHUNK).map((pair) => [pair.id, pair]));
      await this.#writer.run((plan) => {
        for (const pair of some.values()) {
          this.#planRemoval(idKey(pair.id), plan);
          const position = positionKey(pairPosition(pair));
          plan.put(records, idKey(pair.id), pack(pair));
          plan.put(pairOrder, position, NOTHING);
          for (const group of groupsOf(pair)) plan.put(pairGroups, Buffer.concat([group, position]), NOTHING);
        }
      });
    }
    return this.#letGo(pairs);
  }

  async getMany(ids: readonly PairId[]): Promise<(JudgedPair | undefined)[]> {
    this.#writer.assertOpen();
    return ids.map((id) => this.#read(idKey(id)));
  }

  delete(ids: readonly PairId[]): Promise<number> {
    return this.#writer.run((plan) => [...new Set(ids)].filter((id) => this.#planRemoval(idKey(id), plan)).length);
  }

  async list(filter: PairFilter, page: { cursor?: string | undefined; limit: number }): Promise<PairPage> {
    this.#writer.assertOpen();
    return readPairPage(filter, page, async (below, count) => {
      const start = below === undefined ? ABOVE_ALL : positionKey(below);
      const keys = this.#tables.pairOrder.getKeys({ reverse: true, start, exclusiveStart: true, limit: count });
      return [...keys].map((key) => ({
        position: key.toString('hex'),
        pair: this.#read(key.subarray(POSITION_BYTES - ID_BYTES)),
      }));
    });
  }

  /** What is over the bounds, oldest first. */
  async #letGo(pairs: readonly JudgedPair[]): Promise<PairId[]> {
    const { perScopeMax, perTenantMax } = this.#bounds;
    const gone: PairId[] = [];
    for (const [group, max] of [
      ...terms(pairs, ([scope]) => scope).map((term) => [term, perScopeMax] as const),
      ...terms(pairs, ([, tenant]) => tenant).map((term) => [term, perTenantMax] as const),
    ])
      gone.push(...(await this.#trim(prefixRange(group, POSITION_BYTES), max)));
    return gone;
  }

  #trim(range: { start: Buffer; end: Buffer }, max: number): Promise<PairId[]> {
    const { pairGroups } = this.#tables;
    return this.#writer.run((plan) => {
      // lmdb-js leaves its marks in the options it is given.
      const over = pairGroups.getKeysCount({ ...range }) - max;
      if (over <= 0) return [];
      const ids = [...pairGroups.getKeys({ ...range, limit: over })].map((key) => key.subarray(key.length - ID_BYTES));
      for (const id of ids) this.#planRemoval(id, plan);
      return ids.map((id) => id.toString('hex') as PairId);
    });
  }

  #planRemoval(id: Buffer, plan: Plan): boolean {
    const pair = this.#read(id);
    if (pair === undefined) return false;
    const position = positionKey(pairPosition(pair));
    plan.remove(this.#tables.pairs, id);
    plan.remove(this.#tables.pairOrder, position);
    for (const group of groupsOf(pair)) plan.remove(this.#tables.pairGroups, Buffer.concat([group, position]));
    return true;
  }

  #read(id: Buffer): JudgedPair | undefined {
    const bytes = this.#tables.pairs.getBinary(id);
    return bytes === undefined ? undefined : unpack<JudgedPair>(bytes);
  }
}

const ABOVE_ALL = Buffer.alloc(POSITION_BYTES + 1, 0xff);
const idKey = (id: PairId): Buffer => Buffer.from(id, 'hex').subarray(0, ID_BYTES);
const positionKey = (position: string): Buffer => Buffer.from(position, 'hex');
type Groups = readonly [scope: Buffer, tenant: Buffer];
const groupsOf = ({ scope }: JudgedPair): Groups => [
  term('pairs', scopeKeyOf(scope)),
  term('pairs-of-tenant', scope.tenant),
];

/** Each once. */
function terms(pairs: readonly JudgedPair[], of: (groups: Groups) => Buffer): Buffer[] {
  return [...new Map(pairs.map((pair) => of(groupsOf(pair))).map((one) => [one.toString('hex'), one])).values()];
}
