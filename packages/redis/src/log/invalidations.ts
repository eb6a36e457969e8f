import { randomUUID } from 'node:crypto';
import type { Invalidation, Invalidations } from '@nearhit/core';
import type { Commands } from '../commands.ts';
import { encodeInvalidation } from './records.ts';
import { INVALIDATE } from './scripts.ts';

const KEPT_MS = 86_400_000;
const MAX = 10_000;

/** Beyond a day, and beyond 10,000, the oldest ones void everything that was asked for before. */
export class RedisInvalidations implements Invalidations {
  readonly #commands: Commands;
  readonly #base: string;

  constructor(commands: Commands, base: string) {
    this.#commands = commands;
    this.#base = base;
  }

  async add(invalidation: Invalidation): Promise<void> {
    const record = encodeInvalidation(invalidation);
    const since = Date.now() - KEPT_MS;
    const { atMs } = invalidation;
    await this.#commands.script(INVALIDATE, this.#base, randomUUID(), atMs, record.slice(1), since, MAX, record);
  }

  async since(sinceMs: number): Promise<Invalidation[]> {
    const found = await this.#commands.run((client) =>
      client.zrangebyscore(`${this.#base}invalidations`, sinceMs, '+inf'),
    );
    return found.map((one) => JSON.parse(one) as Invalidation);
  }
}
