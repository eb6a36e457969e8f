import { hash } from 'node:crypto';
import {
  type HeldLease,
  LEASE_MS,
  type LimitAnswer,
  type LimitName,
  type LimitStore,
  type LimitSubject,
  msToNextDay,
  msToNextMonth,
  type NanoUsd,
  type Need,
  type Settlement,
  type SubjectUse,
  WINDOW_MS,
} from '@nearhit/core';
import type { Commands, Script } from '../commands.ts';
import type { RedisConnection } from '../connection.ts';
import { ENTER, LIMIT_SCRIPTS, RENEW, RESERVE, SETTLE, USE } from './limit-scripts.ts';

/** Of a renewal, so that one call does not keep Redis from everybody else's. */
const LEASES_PER_CALL = 500;
/** How long a settlement is known, should it come again. */
const SETTLED_KEPT_MS = 600_000;

export interface RedisLimitsOptions {
  readonly windowMs?: number | undefined;
  readonly leaseMs?: number | undefined;
}

/** One script per step, all keys of a tenant in one slot. */
export class RedisLimits implements LimitStore {
  readonly #commands: Commands;
  readonly #connection: Pick<RedisConnection, 'key'>;
  readonly #times: { readonly windowMs: number; readonly leaseMs: number };

  constructor(commands: Commands, connection: Pick<RedisConnection, 'key'>, options: RedisLimitsOptions = {}) {
    this.#commands = commands;
    this.#connection = connection;
    this.#times = { windowMs: options.windowMs ?? WINDOW_MS, leaseMs: options.leaseMs ?? LEASE_MS };
    for (const script of LIMIT_SCRIPTS) commands.define(script);
  }

  async enter(tenant: string, subjects: readonly LimitSubject[], lease: string): Promise<LimitAnswer> {
    const asked = subjects.map(({ id, limits: { rpm, concurrent } }) => ({ id, rpm, concurrent }));
    return answerOf(await this.#run<Reply>(ENTER, tenant, { lease, subjects: asked }));
  }

  async reserve(tenant: string, subjects: readonly LimitSubject[], lease: string, need: Need): Promise<LimitAnswer> {
    const asked = subjects.map(({ id, limits: { tpm, nanoUsdDay, nanoUsdMonth } }, at) => ({
      ...{ id, tpm, tokens: need.tokens[at] ?? 0 },
      ...{ day: nanoUsdDay && whole(nanoUsdDay), month: nanoUsdMonth && whole(nanoUsdMonth) },
    }));
    return answerOf(await this.#run<Reply>(RESERVE, tenant, { lease, nano: whole(need.nanoUsd), subjects: asked }));
  }

  async settle({ tenant, lease, nanoUsd, subjects }: Settlement): Promise<void> {
    const settled = subjects.map(({ id, entered, milliRequestsBack, reserved, tokensReserved, tokensUsed }) => ({
      ...{ id, entered: whole(entered), back: milliRequestsBack, reserved: whole(reserved) },
      tokens: tokensUsed - tokensReserved,
    }));
    await this.#run(SETTLE, tenant, { lease, nano: whole(nanoUsd), subjects: settled, keepMs: SETTLED_KEPT_MS });
  }

  async renew(leases: readonly HeldLease[]): Promise<void> {
    const byTenant = new Map<string, { lease: string; nano: string; subjects: readonly string[] }[]>();
    for (const { tenant, lease, subjects, nanoUsd } of leases) {
      const own = byTenant.get(tenant) ?? [];
      byTenant.set(tenant, own);
      own.push({ lease, nano: whole(nanoUsd), subjects });
    }
    // All in one turn, hence in one write to each node.
    const calls = [...byTenant].flatMap(([tenant, own]) =>
      pieces(own, LEASES_PER_CALL).map((some) => this.#run(RENEW, tenant, { leases: some })),
    );
    await Promise.all(calls);
  }

  async use(tenant: string, subjects: readonly string[]): Promise<SubjectUse[]> {
    return usesOf(await this.#run<Reply>(USE, tenant, { subjects: subjects.map((id) => ({ id })) }));
  }

  #run<T>(script: Script, tenant: string, asked: object): Promise<T> {
    // Any name may be a tenant's, with braces too: as a digest it is one word.
    const tag = `limits-${hash('sha256', tenant).slice(0, 32)}`;
    return this.#commands.script<T>(
      script,
      this.#connection.key(tag, ''),
      JSON.stringify({ ...asked, ...this.#times }),
    );
  }
}

/** Subject from 1 (0: granted), limit, milliseconds to wait, Redis's time, then eight numbers for each subject. */
type Reply = [subject: number, limit: Buffer, retryMs: Buffer, now: Buffer, ...Buffer[]];

const HEAD = 4;
const FIELDS = 8;

function answerOf(reply: Reply): LimitAnswer {
  const [subject, limit, retryMs, now] = reply;
  const uses = usesOf(reply);
  if (subject === 0) return { kind: 'granted', uses };
  const name = String(limit) as LimitName;
  return {
    kind: 'refused',
    subject: subject - 1,
    limit: name,
    retryAfterMs: waitOf(name, Number(retryMs), Number(now)),
    uses,
  };
}

function waitOf(limit: LimitName, retryMs: number, nowMs: number): number {
  if (limit === 'nanoUsdDay') return msToNextDay(nowMs);
  return limit === 'nanoUsdMonth' ? msToNextMonth(nowMs) : retryMs;
}

function usesOf(reply: Reply): SubjectUse[] {
  return pieces(reply.slice(HEAD).map(Number), FIELDS).map((numbers) => {
    const [milliRequests, tokens, window, resetMs, inFlight, spentDay, spentMonth, reserved] = numbers as Eight;
    return { milliRequests, tokens, window, resetMs, inFlight, spentDay, spentMonth, reserved };
  });
}

type Eight = [number, number, number, number, number, number, number, number];

function pieces<T>(all: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / length) }, (_, n) => all.slice(n * length, (n + 1) * length));
}

/** Up to 10^21 JavaScript writes whole numbers as digits; budgets end at 10^18. */
const whole = (amount: NanoUsd): string => String(Math.round(amount));
