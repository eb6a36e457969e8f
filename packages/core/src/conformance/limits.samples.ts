import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type { LimitAnswer, LimitStore, LimitSubject, Settlement, SubjectLimits } from '../ports/limit-store.ts';

export interface OpenedLimits {
  readonly limits: LimitStore;
  close(): Promise<void>;
}

/** `dir`: an empty folder of its own; the same one is the same data. Longest wait of what is written behind: `flushMs`. */
export type OpenLimits = (options: { dir: string; windowMs: number; leaseMs: number }) => Promise<OpenedLimits>;

export interface LimitTraits {
  readonly persistent?: boolean;
  readonly shared?: boolean;
}

/** Longer than any test takes. */
export const LONG_MS = 300_000;

export const subject = (id: string, limits: SubjectLimits): LimitSubject => ({ id, limits });

export const settlement = (lease: string, ids: readonly string[], changes: Partial<Settlement> = {}): Settlement => ({
  ...{ tenant: 't', lease, nanoUsd: 0 },
  subjects: ids.map((id) => ({
    ...{ id, entered: 0, milliRequestsBack: 0, reserved: 0, tokensReserved: 0, tokensUsed: 0 },
  })),
  ...changes,
});

/** `granted`, or the limit and the subject that refused. */
export const verdict = (answer: LimitAnswer): string =>
  answer.kind === 'granted' ? 'granted' : `${answer.limit} of ${answer.subject}`;

export function limitsPerTest(open: OpenLimits) {
  let dir: string;
  const opened: OpenedLimits[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'nearhit-limits-'));
  });
  const closeAll = async (): Promise<void> => {
    for (const one of opened.splice(0)) await one.close();
  };
  afterEach(async () => {
    await closeAll();
    rmSync(dir, { recursive: true, force: true });
  });
  const start = async ({ windowMs = LONG_MS, leaseMs = LONG_MS } = {}): Promise<LimitStore> => {
    const one = await open({ dir, windowMs, leaseMs });
    opened.push(one);
    return one.limits;
  };
  const reopen = async (options?: { windowMs?: number; leaseMs?: number }): Promise<LimitStore> => {
    await closeAll();
    return start(options);
  };
  return { start, reopen };
}

/** Asks again and again until it is so. */
export async function eventually(what: string, check: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
