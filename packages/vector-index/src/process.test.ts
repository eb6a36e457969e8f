import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
// @ts-expect-error: plain JavaScript, shared with the child process
import { changeAt, DIMENSIONS, heldAt } from '../test/history.mjs';
import { openNearestIndex, type VectorIndex } from './index.ts';

const script = fileURLToPath(new URL('../test/child.mjs', import.meta.url));
type Child = ChildProcessByStdio<null, Readable, Readable>;

let dir: string;
let child: Child | undefined;
let index: VectorIndex | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-index-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await index?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** `shell`: what a POSIX shell does before. */
function start(what: string, shell = ':', options: object = {}): Child {
  const args = [process.execPath, script, what, dir, JSON.stringify(options)];
  child = spawn('sh', ['-c', `${shell}; exec "$0" "$@"`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return child;
}

const memories: [string, object][] = [
  ['with memory enough', {}],
  ['with hardly any memory', { bytesMax: 1, idleMs: 0, waitingMax: 4 }],
];

test.each(memories)(
  'killed at any moment, it comes back as of a snapshot that was whole: %s',
  async (_name, memory) => {
    let reported = 0;
    for (let round = 0; round < 5; round++) {
      const running = start('follow', ':', memory);
      const enough = 3 + 2 * round;
      let lines = '';
      for await (const chunk of running.stdout) {
        lines += chunk;
        if (lines.split('\n').length > enough) break;
      }
      // The next snapshot has begun by now; kill at another point of it each time.
      await new Promise((resolve) => setTimeout(resolve, round % 6));
      running.kill('SIGKILL');
      await once(running, 'exit');
      reported = Number(lines.trim().split('\n').at(-1));
      expect(reported).toBeGreaterThan(0);

      index = await openNearestIndex({ dir, dimensions: DIMENSIONS, flatMax: 20, ...memory });
      expect((await index.stats()).snapshotIgnored).toBeNull();
      const position = await index.position();
      expect(position).toBeGreaterThanOrEqual(reported);
      await expectHeld(index, heldAt(position));
      await index.close();
    }
    index = await openNearestIndex({ dir, dimensions: DIMENSIONS, flatMax: 20, ...memory });
    await index.apply([changeAt(reported + 1)], reported + 1);
    await index.snapshot();
    // Three partitions of two groups each, and what waits for them: what the killed ones left behind is gone.
    expect(readdirSync(dir).length).toBeLessThanOrEqual(1 + 3 + 6 + 1);
  },
  120_000,
);

async function expectHeld(held: VectorIndex, expected: Map<string, number>): Promise<void> {
  expect((await held.ids()).sort()).toEqual([...expected.keys()].sort());
  for (const [id, seq] of expected) {
    const { partition, fingerprint, vector } = changeAt(seq);
    const [first] = await held.nearest({ partition, fingerprint, vector, k: 1 });
    expect(first).toMatchObject({ id });
    expect(first?.similarity).toBeCloseTo(1, 5);
  }
}

test('process.exit in the middle of upkeep leaves the exit code alone', async () => {
  for (let round = 0; round < 4; round++) {
    const running = start('exitInTheMiddle');
    const [[code], said] = await Promise.all([once(running, 'exit'), text(running.stderr)]);
    expect({ code, said }).toEqual({ code: 3, said: '' });
  }
}, 120_000);

test('when its thread dies, calls waiting and to come reject and say why', async () => {
  const running = start('die');
  const [[code], said] = await Promise.all([once(running, 'exit'), text(running.stdout)]);
  expect(code).toBe(0);
  const messages = JSON.parse(said);
  expect(messages).toHaveLength(2);
  for (const message of messages) expect(message).toMatch(/^nearest index stopped: .*null/);
}, 60_000);

test('with somebody to replay the log, a thread that has died starts again from its snapshot', async () => {
  const running = start('comeBack');
  const [[code], said] = await Promise.all([once(running, 'exit'), text(running.stdout)]);
  expect(code).toBe(0);
  const gone = expect.stringMatching(/^nearest index stopped: .*null/);
  const round = [gone, gone, gone, 1, [changeAt(1).id], 1];
  expect(JSON.parse(said)).toEqual([...round, ...round, heldAt(400).size, [1, 1], 3]);
}, 60_000);

test('a full disk fails the snapshot; the one before stays', async () => {
  const running = start('fillUp', 'ulimit -f 60');
  const [[code], said] = await Promise.all([once(running, 'exit'), text(running.stdout)]);
  expect(code).toBe(0);
  expect(JSON.parse(said)).toEqual([1, expect.stringMatching(/cut short at \d+ bytes: is the disk full|EFBIG|ENOSPC/)]);
  expect(readdirSync(dir)).toHaveLength(3);
  index = await openNearestIndex({ dir, dimensions: DIMENSIONS, flatMax: 20 });
  expect(await index.position()).toBe(1);
  expect(await index.ids()).toHaveLength(60);
}, 60_000);
