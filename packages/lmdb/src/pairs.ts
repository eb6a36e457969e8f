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
import { prefixRange, TERM_BYTES, term } from './keys.ts';
import { NOTHING } from './rows.ts';
import type { Table, Tables } from './tables.ts';
import type { Plan, Writer } from './writer.ts';

const CHUNK = 512;
const POSITION_BYTES = 38;
const ID_BYTES = 32;

/** Records by id, and their positions in the order of all and in that of their scope. */
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
    const { pairs: records, pairOrder, pairScopes } = this.#tables;
    for (let at = 0; at < pairs.length; at += CHUNK) {
      // Of several under one id the last.
      const some = new Map(pairs.slice(at, at + CHUNK).map((pair) => [pair.id, pair]));
      await this.#writer.run((plan) => {
        for (const pair of some.values()) {
          this.#planRemoval(idKey(pair.id), plan);
          const position = positionKey(pairPosition(pair));
          plan.put(records, idKey(pair.id), pack(pair));
          plan.put(pairOrder, position, NOTHING);
          plan.put(pairScopes, Buffer.concat([scopeTerm(pair), position]), NOTHING);
        }
      });
    }
    return this.#letGo(new Set(pairs.map((pair) => scopeTerm(pair).toString('hex'))));
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
  async #letGo(scopes: ReadonlySet<string>): Promise<PairId[]> {
    const gone: PairId[] = [];
    for (const scope of scopes) {
      const range = prefixRange(Buffer.from(scope, 'hex'), POSITION_BYTES);
      gone.push(...(await this.#trim(this.#tables.pairScopes, range, this.#bounds.perScopeMax)));
    }
    return [...gone, ...(await this.#trim(this.#tables.pairOrder, {}, this.#bounds.totalMax))];
  }

  #trim(table: Table, range: { start?: Buffer; end?: Buffer }, max: number): Promise<PairId[]> {
    return this.#writer.run((plan) => {
      const over = table.getKeysCount({ ...range }) - max;
      if (over <= 0) return [];
      const ids = [...table.getKeys({ ...range, limit: over })].map((key) => key.subarray(key.length - ID_BYTES));
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
    plan.remove(this.#tables.pairScopes, Buffer.concat([scopeTerm(pair), position]));
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
const scopeTerm = ({ scope }: JudgedPair): Buffer => term('pairs', scopeKeyOf(scope)).subarray(0, TERM_BYTES);
