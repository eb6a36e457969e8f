import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sampleEntry } from '@nearhit/core/conformance/storage-samples';
import { ASKED_AT_MS, WriteTarget } from '@nearhit/core/conformance/write-queue';
import {
  connect,
  enqueue,
  incidents,
  startConsumer,
  startQueue,
  startServer,
  written,
} from '../../testing/queue-house.ts';
import { keepLeftovers, takeLeftovers } from './leftovers.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-leftovers-'));
  file = join(dir, 'made-when-missing', 'unsent-writes');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('what a process could not hand on, the next one does', async () => {
  const server = await startServer();
  await server.kill();
  const ending = startQueue(connect(server.url), { leftoversFile: file });
  enqueue(ending, 0, 250);
  await ending.close();
  expect(incidents).not.toContain('write-dropped');
  expect(statSync(file).mode & 0o777).toBe(0o600);

  await server.run();
  const connection = connect(server.url);
  startQueue(connection, { leftoversFile: file });
  expect(existsSync(file)).toBe(false);
  const target = new WriteTarget();
  await startConsumer(connection, target.write);
  await written(target, 250);
  expect([...target.entries.values()].find(({ id }) => id === sampleEntry(7).id)).toEqual(sampleEntry(7));
}, 40_000);

test('two processes that end leave both; one that starts takes all, another nothing', () => {
  const pending = (n: number) => ({ entry: sampleEntry(n), askedAtMs: ASKED_AT_MS });
  keepLeftovers(file, [pending(1)]);
  keepLeftovers(file, [pending(2), pending(3)]);
  expect(takeLeftovers(file)).toEqual([pending(1), pending(2), pending(3)]);
  expect(takeLeftovers(file)).toEqual([]);
});

test('a file that was cut short loses its last line only', () => {
  const pending = (n: number) => ({ entry: sampleEntry(n), askedAtMs: ASKED_AT_MS });
  keepLeftovers(file, [pending(1)]);
  appendFileSync(file, '"kwHLQnig');
  expect(takeLeftovers(file)).toEqual([pending(1)]);
});
