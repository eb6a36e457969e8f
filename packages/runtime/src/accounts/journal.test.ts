import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DecisionRecord, type UsageRecord, usageRecordOf } from '@nearhit/core';
import { Journal } from './journal.ts';
import { ship } from './shipping.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-journal-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function recordOf(n: number): UsageRecord {
  const decision = {
    ...{ requestId: `r-${n}`, atMs: 1_700_000_000_000 + n, tenant: 'acme', namespace: 'default', model: 'm' },
    ...{ outcome: 'miss', threshold: 0.9, query: '', stream: false, status: 200, costUsd: 0.001, savedUsd: 0 },
    ...{ usage: { promptTokens: n, completionTokens: 2 }, latencyMs: 10, firstByteMs: 5, overheadMs: 0.5 },
  } as DecisionRecord;
  return usageRecordOf(decision, `d-${n}`, { prompts: false });
}

test('while the store is away for long, neither memory nor descriptors grow; then all of it is handed on once', async () => {
  const incidents: string[] = [];
  const observer = { incident: (name: string) => void incidents.push(name) };
  const journal = new Journal({ dir, id: 'a', observer, segmentBytes: 5000, heldMax: 10_000 });
  const away = { append: async () => Promise.reject(new Error('the store is away')) };
  for (let n = 0; n < 2000; n++) {
    journal.begin(recordOf(n));
    journal.end(recordOf(n));
    if (n % 500 === 0) await expect(ship(journal, away)).rejects.toThrow('away');
  }
  const held = journal.segments().map((segment) => segment.held);
  expect(held.length).toBeGreaterThan(50);
  expect(held.filter(({ open }) => open).length).toBeLessThanOrEqual(5);
  expect(held.filter(({ records }) => records > 0).length).toBeLessThanOrEqual(5);
  const sent: string[] = [];
  await ship(journal, { append: async (records) => void sent.push(...records.map(({ id }) => id)) });
  expect(sent).toEqual(Array.from({ length: 2000 }, (_, n) => `d-${n}`));
  expect(journal.segments().length).toBeLessThanOrEqual(1);
  expect(incidents).toEqual([]);
  journal.close();
});

test('what is told in a turn is in the file before the next turn that is asked for, by one write', async () => {
  const journal = new Journal({ dir, id: 'a', observer: { incident() {} }, segmentBytes: 1e6, heldMax: 100 });
  for (let n = 0; n < 20; n++) journal.begin(recordOf(n));
  for (let n = 0; n < 19; n++) journal.end(recordOf(n));
  expect(readdirSync(dir)).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  const text = readFileSync(join(dir, readdirSync(dir)[0] as string), 'utf8');
  expect(text.match(/"begin"/g)).toHaveLength(20);
  expect(text.match(/"end"/g)).toHaveLength(19);
  expect(journal.open().map(({ id }) => id)).toEqual(['d-19']);
  journal.close();
});

test('without a disk, calls that were handed on leave no room taken by their beginning', async () => {
  const incidents: string[] = [];
  const observer = { incident: (name: string) => void incidents.push(name) };
  const blocked = join(dir, 'a-file');
  writeFileSync(blocked, '');
  const journal = new Journal({ dir: blocked, id: 'a', observer, segmentBytes: 5000, heldMax: 4 });
  const sent: string[] = [];
  for (let n = 0; n < 20; n++) {
    journal.begin(recordOf(n));
    journal.end(recordOf(n));
    await ship(journal, { append: async (records) => void sent.push(...records.map(({ id }) => id)) });
  }
  expect(sent).toEqual(Array.from({ length: 20 }, (_, n) => `d-${n}`));
  expect(new Set(incidents)).toEqual(new Set(['usage-journal-failed']));
  journal.close();
});

test('one that was removed while it was at rest keeps nobody from handing on the others', async () => {
  const journal = new Journal({ dir, id: 'a', observer: { incident() {} }, segmentBytes: 2000, heldMax: 100 });
  for (let n = 0; n < 200; n++) journal.end(recordOf(n));
  journal.flush();
  const [first] = journal.segments();
  expect(first?.held.open).toBe(false);
  rmSync(first?.path ?? '');
  const sent: string[] = [];
  await ship(journal, { append: async (records) => void sent.push(...records.map(({ id }) => id)) });
  expect(sent.at(-1)).toBe('d-199');
  expect(sent.length).toBeGreaterThan(150);
  journal.close();
});
