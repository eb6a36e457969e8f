import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { type LmdbStores, openLmdb } from './index.ts';

let dir: string;
let lock: string;
const opened: LmdbStores[] = [];
let child: ChildProcess | undefined;
let beating: NodeJS.Timeout | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-lock-'));
  lock = join(dir, 'nearhit.lock');
});
afterEach(async () => {
  clearInterval(beating);
  child?.kill('SIGKILL');
  for (const stores of opened.splice(0)) await stores.close();
  rmSync(dir, { recursive: true, force: true });
});

async function start(): Promise<LmdbStores> {
  const stores = await openLmdb({ dir });
  opened.push(stores);
  return stores;
}

async function refusal(): Promise<string> {
  const error = await start().then(
    () => new Error('it opened'),
    (reason: unknown) => reason as Error,
  );
  expect(error.message).not.toContain('\n');
  expect(error.message).toContain(dir);
  return error.message;
}

describe('the lock', () => {
  test('one store per folder in a process', async () => {
    const first = await start();
    expect(await refusal()).toMatch(/is in use by this very process/);
    await first.close();
    await start();
  });

  test('one process per folder; killed, it leaves the way free', async () => {
    const script = `import { openLmdb } from '@nearhit/lmdb'; await openLmdb({ dir: ${JSON.stringify(dir)} }); process.send('open'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: new URL('.', import.meta.url).pathname,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    child = holder;
    await once(holder, 'message');
    expect(await refusal()).toContain(`is in use by process ${holder.pid}: stop it`);
    const exited = once(holder, 'exit');
    holder.kill('SIGKILL');
    await exited;
    expect(existsSync(lock)).toBe(true);
    const { responses } = await start();
    await responses.put([sampleEntry(1)]);
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: process.pid });
  });

  test('a process number that another process has now does not hold it', async () => {
    await borrowLock({ pid: process.ppid, startedAt: '1' });
    await start();
  });

  test('a boot of the machine frees it; so does an unreadable lock file', async () => {
    await borrowLock({ pid: process.ppid, boot: 'another' });
    await (await start()).close();
    writeFileSync(lock, '');
    await (await start()).close();
    expect(existsSync(lock)).toBe(false);
  });

  test('another container holds it as long as it shows life', async () => {
    await borrowLock({ pid: 1, pidSpace: 'elsewhere' });
    beating = setInterval(() => utimesSync(lock, new Date(), new Date()), 200);
    expect(await refusal()).toMatch(/is in use by process 1/);
    clearInterval(beating);
    await start();
  });

  test('of many that come at once, one gets it', async () => {
    await borrowLock({ pid: process.ppid, startedAt: '1' });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => start()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

/** A lock file as this process would write it, with changes. */
async function borrowLock(changes: Record<string, unknown>): Promise<void> {
  const stores = await start();
  const mine = JSON.parse(readFileSync(lock, 'utf8')) as object;
  await stores.close();
  writeFileSync(lock, JSON.stringify({ ...mine, ...changes }));
}
