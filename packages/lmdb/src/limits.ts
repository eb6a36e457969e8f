import { setTimeout as delay } from 'node:timers/promises';
import {
  EmbeddedLimits,
  type HeldLease,
  type LimitAnswer,
  type LimitStore,
  type LimitSubject,
  type Need,
  type Settlement,
  type SubjectState,
  type SubjectUse,
} from '@nearhit/core';
import { pack, unpack } from './entry-codec.ts';
import { term } from './keys.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

/** What windows have counted is on disk after at most so long. */
const FLUSH_MS = 1000;
/** What was spent waits so long for others to be written with it: a transaction costs as much as a request. */
const SPENT_MS = 20;
const SWEEP_TURNS = 60;

type Row = [tenant: string, subject: string, state: SubjectState];

export interface LmdbLimitsOptions {
  readonly windowMs?: number | undefined;
  readonly leaseMs?: number | undefined;
  /** How long what was spent may wait to be written. Default 20. */
  readonly spentMs?: number | undefined;
}

/**
 * Counts in memory. What was spent is on disk when `settle` resolves, what windows have counted within a second; both
 * are there after a restart. Leases end with the process.
 */
export class LmdbLimits implements LimitStore {
  readonly #tables: Tables;
  readonly #writer: Writer;
  readonly #limits: EmbeddedLimits;
  /** Tenant -> subjects that have changed since they were written. */
  #dirty = new Map<string, Set<string>>();
  readonly #timer: NodeJS.Timeout;
  readonly #spentMs: number;
  readonly #closing = new AbortController();
  /** The next writing of what was spent. */
  #next: Promise<void> | undefined;
  #turns = 0;

  constructor(tables: Tables, writer: Writer, options: LmdbLimitsOptions = {}) {
    this.#tables = tables;
    this.#writer = writer;
    this.#spentMs = options.spentMs ?? SPENT_MS;
    this.#limits = new EmbeddedLimits({ ...options, onChange: (tenant, subject) => this.#mark(tenant, subject) });
    for (const { value } of tables.limits.getRange({})) {
      const [tenant, subject, state] = unpack<Row>(value);
      this.#limits.restore(tenant, subject, state);
    }
    // One that fails is tried again at its next turn: what is dirty stays so.
    this.#timer = setInterval(() => void this.#tidy().catch(() => undefined), FLUSH_MS);
    this.#timer.unref();
  }

  async enter(tenant: string, subjects: readonly LimitSubject[], lease: string): Promise<LimitAnswer> {
    this.#writer.assertOpen();
    return this.#limits.enter(tenant, subjects, lease);
  }

  async reserve(tenant: string, subjects: readonly LimitSubject[], lease: string, need: Need): Promise<LimitAnswer> {
    this.#writer.assertOpen();
    return this.#limits.reserve(tenant, subjects, lease, need);
  }

  async settle(settlement: Settlement): Promise<void> {
    this.#writer.assertOpen();
    await this.#limits.settle(settlement);
    if (settlement.nanoUsd > 0) await this.#soon();
  }

  async renew(leases: readonly HeldLease[]): Promise<void> {
    this.#writer.assertOpen();
    await this.#limits.renew(leases);
  }

  async use(tenant: string, subjects: readonly string[]): Promise<SubjectUse[]> {
    this.#writer.assertOpen();
    return this.#limits.use(tenant, subjects);
  }

  /** Writes what is pending. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#next;
    await this.#flush();
  }

  /** One transaction for all who spend meanwhile. */
  #soon(): Promise<void> {
    if (this.#spentMs === 0) return this.#flush();
    this.#next ??= delay(this.#spentMs, undefined, { signal: this.#closing.signal })
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#flush();
      });
    return this.#next;
  }

  #mark(tenant: string, subject: string): void {
    const subjects = this.#dirty.get(tenant);
    if (subjects === undefined) this.#dirty.set(tenant, new Set([subject]));
    else subjects.add(subject);
  }

  async #tidy(): Promise<void> {
    this.#turns += 1;
    if (this.#turns % SWEEP_TURNS === 0) for (const idle of this.#limits.sweep()) this.#mark(...idle);
    if (this.#dirty.size > 0) await this.#flush();
  }

  /** Resolves when all that was marked before is on disk, whoever wrote it. */
  async #flush(): Promise<void> {
    let taken: [tenant: string, subject: string][] = [];
    try {
      await this.#writer.run((plan) => {
        // Taken when it is the writer's turn: of many settlements at once the first writes for all.
        taken = [...this.#dirty].flatMap(([tenant, subjects]) =>
          [...subjects].map((subject): [string, string] => [tenant, subject]),
        );
        this.#dirty = new Map();
        for (const [tenant, subject] of taken) {
          const key = term('limits', tenant, subject);
          const state = this.#limits.state(tenant, subject);
          if (state === undefined) plan.remove(this.#tables.limits, key);
          else plan.put(this.#tables.limits, key, pack([tenant, subject, state] satisfies Row));
        }
      });
    } catch (error) {
      for (const one of taken) this.#mark(...one);
      throw error;
    }
  }
}
