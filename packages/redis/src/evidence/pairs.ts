import { hash, randomUUID } from 'node:crypto';
import {
  type JudgedPair,
  PAIR_BOUNDS,
  type PairFilter,
  type PairId,
  type PairPage,
  type PairStore,
  pairPosition,
  readPairPage,
  type Scope,
  scopeKeyOf,
} from '@nearhit/core';
import type { Commands } from '../commands.ts';
import { DELETE_PAIRS, LIST_PAIRS, PUT_PAIRS } from './scripts.ts';

/** Redis does nothing else while a script runs. */
const PER_CALL = 250;

/** About 1 kB of Redis memory a pair. */
export class RedisPairs implements PairStore {
  readonly #commands: Commands;
  readonly #base: string;

  constructor(commands: Commands, base: string) {
    this.#commands = commands;
    this.#base = base;
  }

  async put(pairs: readonly JudgedPair[]): Promise<PairId[]> {
    this.#commands.assertOpen();
    const { perScopeMax, perTenantMax } = PAIR_BOUNDS;
    const gone: PairId[] = [];
    for (let at = 0; at < pairs.length; at += PER_CALL) {
      const rows = pairs
        .slice(at, at + PER_CALL)
        .flatMap((pair) => [pair.id, pairPosition(pair), ...termsOf(pair.scope), JSON.stringify(pair)]);
      const some = await this.#commands.script<Buffer[]>(
        PUT_PAIRS,
        this.#base,
        randomUUID(),
        perScopeMax,
        perTenantMax,
        ...rows,
      );
      gone.push(...some.map((id) => id.toString() as PairId));
    }
    return gone;
  }

  async getMany(ids: readonly PairId[]): Promise<(JudgedPair | undefined)[]> {
    this.#commands.assertOpen();
    if (ids.length === 0) return [];
    const found = await this.#commands.run((client) => client.hmget(`${this.#base}pairs`, ...ids));
    return found.map((record) => (record === null ? undefined : (JSON.parse(record) as JudgedPair)));
  }

  async delete(ids: readonly PairId[]): Promise<number> {
    let count = 0;
    for (let at = 0; at < ids.length; at += PER_CALL) {
      const some = ids.slice(at, at + PER_CALL);
      count += await this.#commands.script<number>(DELETE_PAIRS, this.#base, randomUUID(), ...some);
    }
    return count;
  }

  async list(filter: PairFilter, page: { cursor?: string | undefined; limit: number }): Promise<PairPage> {
    this.#commands.assertOpen();
    return readPairPage(filter, page, async (below, count) => {
      const from = below === undefined ? '+' : `(${below}`;
      const rows = await this.#commands.script<(Buffer | null)[]>(LIST_PAIRS, this.#base, from, count);
      return Array.from({ length: rows.length / 2 }, (_, at) => {
        const record = rows[2 * at + 1];
        return {
          position: String(rows[2 * at]),
          pair: record == null ? undefined : (JSON.parse(record.toString()) as JudgedPair),
        };
      });
    });
  }
}

const term = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);

/** 22 characters for names of any length. */
export const termsOf = (scope: Readonly<Record<keyof Scope, string>>): readonly [scope: string, tenant: string] => [
  term(scopeKeyOf(scope)),
  term(JSON.stringify([scope.tenant])),
];
