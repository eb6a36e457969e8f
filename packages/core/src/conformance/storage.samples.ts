import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { EntryId, Fingerprint, TenantId, UnitVector } from '../ids.ts';
import type { Stores } from '../store/stores.ts';

/** `dir`: an empty folder of its own, the same one when a test opens again. */
export type OpenStores = (options: { dir: string }) => Promise<Stores>;

export interface StoreTraits {
  /** What was written is there when the same folder is opened again. */
  readonly persistent?: boolean;
  /** Several may have the same folder open at once; statistics are loaded by others than the one who saved them. */
  readonly shared?: boolean;
}

export const T0 = 1_700_000_000_000;
export const MODEL = 'minilm@1';

export function entryId(name: string | number): EntryId {
  return createHash('sha256').update(`entry ${name}`).digest('hex') as EntryId;
}

export function unit(seed: number, dimensions = 8): UnitVector {
  const vector = Float32Array.from({ length: dimensions }, (_, i) => Math.sin(seed * 37 + i * 11 + 1));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length) as UnitVector;
}

/** An embedded, semantic entry named by a number; `createdAtMs` grows with it. */
export function sampleEntry(n: number, changes: Partial<Entry> = {}): Entry {
  return {
    id: entryId(n),
    scope: { tenant: 'default' as TenantId, namespace: 'default', model: 'gpt-4o' },
    fingerprint: createHash('sha256').update('fingerprint').digest('hex') as Fingerprint,
    query: `Question number ${n}?`,
    semantic: true,
    answer: Buffer.from(
      JSON.stringify({ object: 'chat.completion', choices: [{ message: { content: `Answer ${n}` } }] }),
    ),
    vector: unit(n),
    embeddingModel: MODEL,
    tags: [],
    context: [],
    provider: 'main',
    upstreamModel: 'gpt-4o-2024-08-06',
    attempts: 1,
    costUsd: 0.001,
    usage: { promptTokens: 10, completionTokens: 20 },
    createdAtMs: T0 + n,
    expiresAtMs: T0 + n + 3_600_000,
    staleUntilMs: T0 + n + 3_600_000,
    ...changes,
  };
}

/** The same entry in another namespace. */
export function inScope(entry: Entry, scope: { tenant?: string; namespace?: string; model?: string }): Entry {
  return { ...entry, scope: { ...entry.scope, ...scope } as Entry['scope'] };
}

export const withoutVector = ({ vector: _, ...rest }: Entry): Omit<Entry, 'vector'> => rest;

/** Opens stores in one temporary folder per test and closes them afterwards. `reopen` closes first. */
export function storesPerTest(open: OpenStores): { start: () => Promise<Stores>; reopen: () => Promise<Stores> } {
  let dir: string;
  const opened: Stores[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'nearhit-store-'));
  });
  const closeAll = async (): Promise<void> => {
    for (const stores of opened.splice(0)) await stores.close();
  };
  afterEach(async () => {
    await closeAll();
    rmSync(dir, { recursive: true, force: true });
  });
  const start = async (): Promise<Stores> => {
    const stores = await open({ dir });
    opened.push(stores);
    return stores;
  };
  const reopen = async (): Promise<Stores> => {
    await closeAll();
    return start();
  };
  return { start, reopen };
}
