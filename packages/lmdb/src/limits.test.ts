import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  eventually,
  limitStoreConformance,
  limitStoreProperties,
  settlement,
  subject,
} from '@nearhit/core/conformance/limit-store';
import { openLmdb } from './index.ts';

type Opened = { dir: string; windowMs: number; leaseMs: number };
const open = ({ dir, ...limits }: Opened) => openLmdb({ dir, limits });
limitStoreConformance('lmdb', open, { persistent: true });
// One after the other: each settlement would wait for others that never come.
const openAtOnce = ({ dir, ...limits }: Opened) => openLmdb({ dir, limits: { ...limits, spentMs: 0 } });
limitStoreProperties('lmdb', openAtOnce, { runs: 30 });

const SPENDER = fileURLToPath(new URL('../fixtures/crash-spender.mjs', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-limits-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Lets a process settle so often, then kills it wherever it is. Answers the last sum that it had acknowledged. */
async function spendAndKill(settlements: number): Promise<number> {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [SPENDER, dir], { stdio: ['ignore', 'pipe', 'inherit'], env });
  const exited = once(child, 'exit');
  let last = 0;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line.split(' ')[1]);
    if (++seen === settlements) child.kill('SIGKILL');
  }
  await exited;
  return last;
}

test('kill -9 loses nothing of what was settled, and leaves nothing set aside', async () => {
  let spentBefore = 0;
  for (const settlements of [3, 40, 150]) {
    const acknowledged = await spendAndKill(settlements);
    const stores = await openLmdb({ dir });
    const [use] = await stores.limits.use('t', ['key:a']);
    await stores.close();
    expect(use?.spentDay).toBeGreaterThanOrEqual(spentBefore + acknowledged);
    // Eight at once may have been on their way: written, and not yet told of.
    expect(use?.spentDay).toBeLessThanOrEqual(spentBefore + acknowledged + 8 * 3);
    expect(use).toMatchObject({ inFlight: 0, reserved: 0 });
    spentBefore = use?.spentDay ?? 0;
  }
});

test('of many settlements at once none is lost when the store is closed', async () => {
  const stores = await openLmdb({ dir });
  const settling = Array.from({ length: 50 }, (_, n) =>
    stores.limits.settle(settlement(`l${n}`, ['key:a'], { nanoUsd: 3 })),
  );
  await stores.close();
  await Promise.all(settling);
  const again = await openLmdb({ dir });
  expect((await again.limits.use('t', ['key:a']))[0]?.spentDay).toBe(150);
  await again.close();
});

async function counted(copied: string): Promise<boolean> {
  cpSync(join(dir, 'nearhit.mdb'), join(copied, 'nearhit.mdb'));
  const copy = await openLmdb({ dir: copied });
  const [use] = await copy.limits.use('t', ['key:a']);
  await copy.close();
  return use?.milliRequests === 1000;
}

test('what windows have counted is on disk within moments, without anything being settled or closed', async () => {
  const stores = await openLmdb({ dir });
  await stores.limits.enter('t', [subject('key:a', { rpm: 5 })], 'l1');
  const copied = mkdtempSync(join(tmpdir(), 'nearhit-limits-copy-'));
  try {
    // A copy that was made in the midst of a write may be none.
    await eventually('the copy has it', () => counted(copied).catch(() => false));
  } finally {
    await stores.close();
    rmSync(copied, { recursive: true, force: true });
  }
});
