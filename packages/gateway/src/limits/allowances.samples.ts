import { expect } from '@jest/globals';
import {
  type Caller,
  EmbeddedLimits,
  type LimitSettings,
  type LimitStore,
  NearhitError,
  type Spent,
  type TenantId,
} from '@nearhit/core';
import { Allowances, type AllowancesOptions } from './allowances.ts';
import type { LimitsInForce } from './limits-in-force.ts';

/** Limits on a clock of their own, in a store that can be away. */
export class LimitedHouse {
  ticks = 0;
  nowMs = Date.UTC(2026, 10, 30, 12);
  isAway = false;
  inForce: LimitsInForce = { hitRequests: 1, hitTokensShare: 0, whenUnavailable: 'open' };
  readonly incidents: string[] = [];
  readonly #store = new EmbeddedLimits({ ticks: () => this.ticks, now: () => this.nowMs });
  readonly #opened: Allowances[] = [];

  /** Asks the store unless it is away. */
  readonly #unsteady: LimitStore = new Proxy({} as LimitStore, {
    get:
      (_, name) =>
      async (...given: unknown[]) => {
        if (this.isAway) throw new NearhitError('STORE_UNAVAILABLE', 'away');
        return (Reflect.get(this.#store, name) as (...args: unknown[]) => unknown).apply(this.#store, given);
      },
  });

  allowances(options: Partial<AllowancesOptions> = {}): Allowances {
    const observer = { incident: (name: string) => void this.incidents.push(name) };
    const limits = () => this.inForce;
    const one = new Allowances({ store: this.#unsteady, limits, observer, renewMs: 3_600_000, ...options });
    this.#opened.push(one);
    return one;
  }

  /** Of `key_1`. */
  async use() {
    return (await this.#store.use('acme', ['key:key_1']))[0];
  }

  async close(): Promise<void> {
    for (const one of this.#opened.splice(0)) await one.close();
  }
}

export const caller = (keyLimits: LimitSettings, tenantLimits: LimitSettings = {}): Caller => ({
  ...{ tenant: 'acme' as TenantId, keyId: 'key_1', grants: {} },
  ...{ keyLimits, tenantLimits },
});

export const used = (tokens: number, costUsd = 0): Spent => ({
  hit: false,
  promptTokens: tokens,
  completionTokens: 0,
  costUsd,
});
export const HIT: Spent = { hit: true, promptTokens: 60, completionTokens: 40, costUsd: 0 };
export const estimate =
  (promptTokens: number, completionTokens = 0) =>
  () => ({ promptTokens, completionTokens });
export const cost = (usd: number) => () => usd;
export async function refusal(call: () => unknown): Promise<NearhitError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(NearhitError);
    return error as NearhitError;
  }
  throw new Error('it was let in');
}

export const headersOf = ({ headers }: { headers: readonly string[] }) =>
  Object.fromEntries(headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : [])));
