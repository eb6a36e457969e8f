import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Entry, type EntryId, entryBytes } from '@nearhit/core';
import { type LmdbStores, openLmdb } from './index.ts';

const ROUNDS = Number(process.env.NEARHIT_CRASH_ROUNDS ?? 10);
const IDS = 60;
const WRITER = fileURLToPath(new URL('../fixtures/crash-writer.mjs', import.meta.url));
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const idOf = (n: number): EntryId => sha(`entry ${n}`) as EntryId;

interface Operation {
  readonly kind: string;
  readonly revision: number;
  readonly ns: readonly number[];
}

/** What the store must hold: by entry the last revision that was acknowledged, and what the log has not heard of. */
class Expected {
  readonly revisions = new Map<number, number>();
  readonly unlogged = new Set<number>();
  revision = 1;

  apply({ kind, revision, ns }: Operation): void {
    for (const n of ns) {
      if (kind === 'log') this.unlogged.delete(n);
      else if (kind === 'put') {
        this.revisions.set(n, revision);
        this.unlogged.add(n);
      } else if (this.revisions.delete(n)) this.unlogged.add(n);
    }
    this.revision = Math.max(this.revision, revision + 1);
  }
}

let dir: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-crash-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** Lets a writer acknowledge so many operations, then kills it wherever it is. Answers what it said. */
async function writeAndKill(seed: number, revision: number, operations: number): Promise<string[]> {
  const writer = spawn(process.execPath, [WRITER, dir, String(seed), String(revision)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  child = writer;
  const exited = once(writer, 'exit');
  const lines: string[] = [];
  let acknowledged = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    lines.push(line);
    if (line.startsWith('ok') && ++acknowledged === operations) writer.kill('SIGKILL');
  }
  expect((await exited)[1]).toBe('SIGKILL');
  return lines;
}

function parse(line: string): { acknowledged: boolean; operation: Operation } {
  const [mode, kind = '', ...rest] = line.split(' ');
  const numbers = rest.map(Number);
  const revision = kind === 'put' ? (numbers.shift() as number) : 0;
  return { acknowledged: mode === 'ok', operation: { kind, revision, ns: numbers } };
}

describe('kill -9', () => {
  test(
    `loses nothing that was acknowledged and tears nothing, ${ROUNDS} times`,
    async () => {
      const expected = new Expected();
      for (let round = 0; round < ROUNDS; round++) {
        const lines = await writeAndKill(round, expected.revision, 1 + ((round * 7) % 40));
        let underway: Operation | undefined;
        for (const line of lines) {
          const { acknowledged, operation } = parse(line);
          if (acknowledged) expected.apply(operation);
          underway = acknowledged ? undefined : operation;
        }
        const stores = await openLmdb({ dir });
        try {
          await settle(stores, expected, underway);
          await checkEntries(stores, expected);
          await checkIndexes(stores);
        } finally {
          await stores.close();
        }
      }
      const stores = await openLmdb({ dir });
      await stores.upkeep.sweep(Number.MAX_SAFE_INTEGER, 1000);
      expect(await stores.responses.list({}, { limit: 10 })).toEqual({ entries: [] });
      expect(await stores.upkeep.usage()).toEqual([]);
      expect(await stores.upkeep.unembedded('', 10)).toEqual([]);
      await stores.close();
    },
    60_000 + ROUNDS * 5000,
  );
});

/** The operation under way may be done or not, but not in part (a sweep works in pieces, each of them whole). */
async function settle({ responses }: LmdbStores, expected: Expected, underway: Operation | undefined): Promise<void> {
  if (underway === undefined) return;
  const unlogged = new Set(await responses.unlogged());
  const held = await responses.getMany(underway.ns.map(idOf));
  if (underway.kind === 'put') {
    const done = held.map((entry) => entry?.query.endsWith(`:${underway.revision}`) ?? false);
    expect(new Set(done).size).toBe(1);
    if (done[0]) expected.apply(underway);
  } else if (underway.kind === 'delete') {
    const there = underway.ns.filter((n) => expected.revisions.has(n));
    const gone = there.filter((n) => held[underway.ns.indexOf(n)] === undefined);
    expect([0, there.length]).toContain(gone.length);
    if (gone.length > 0) expected.apply(underway);
  } else if (underway.kind === 'log') {
    const marked = underway.ns.filter((n) => expected.unlogged.has(n));
    const left = marked.filter((n) => unlogged.has(idOf(n)));
    expect([0, marked.length]).toContain(left.length);
    if (left.length === 0) expected.apply(underway);
  } else {
    const all = await responses.getMany(Array.from({ length: IDS }, (_, n) => idOf(n)));
    const ns = [...expected.revisions.keys()].filter((n) => all[n] === undefined);
    expected.apply({ ...underway, ns });
  }
  expected.revision++;
}

async function checkEntries({ responses }: LmdbStores, expected: Expected): Promise<void> {
  const ns = Array.from({ length: IDS }, (_, n) => n);
  const entries = await responses.getMany(ns.map(idOf));
  for (const n of ns) {
    const revision = expected.revisions.get(n);
    const entry = entries[n];
    expect([n, entry?.query]).toEqual([n, revision === undefined ? undefined : `${n}:${revision}`]);
    if (entry !== undefined) expectWhole(entry, n, revision as number);
  }
  expect((await responses.unlogged()).sort()).toEqual([...expected.unlogged].map(idOf).sort());
}

function expectWhole(entry: Entry, n: number, revision: number): void {
  const answer = JSON.parse(entry.answer.toString()) as { n: number; revision: number; filler: string; check: string };
  expect(answer).toMatchObject({ n, revision, check: sha(answer.filler) });
  expect(entry.usage).toEqual({ promptTokens: n, completionTokens: revision });
  expect([...(entry.vector as Float32Array)]).toEqual([n, ...Array.from({ length: 383 }, () => revision)]);
}

/** Every list, counter and table by similarity tells of the same entries. */
async function checkIndexes({ responses, upkeep }: LmdbStores): Promise<void> {
  const all = (await responses.list({}, { limit: 1000 })).entries;
  const whole = (await responses.getMany(all.map(({ id }) => id))) as Entry[];
  for (const namespace of ['odd', 'even']) {
    const there = whole.filter(({ scope }) => scope.namespace === namespace);
    expect((await responses.list({ namespace }, { limit: 1000 })).entries).toHaveLength(there.length);
    const usage = (await upkeep.usage()).find((one) => one.namespace === namespace);
    expect([usage?.entries ?? 0, usage?.bytes ?? 0]).toEqual([
      there.length,
      there.reduce((sum, entry) => sum + entryBytes(entry), 0),
    ]);
  }
  const tagged = await responses.list({ tags: ['t0', 't1', 't2', 't3', 't4'] }, { limit: 1000 });
  expect(tagged.entries.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  expect(await upkeep.unembedded('another', 1000)).toHaveLength(all.length);
}
