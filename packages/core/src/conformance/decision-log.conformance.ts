import { afterEach, describe, expect, test } from '@jest/globals';
import type { EntryId, Fingerprint } from '../ids.ts';
import type { DecisionFilter, DecisionLog } from '../ports/decision-log.ts';
import type { DecisionRecord } from '../ports/observer.ts';

/** `close` lets go of everything that was opened with the log. */
export type OpenDecisionLog = () => Promise<{ log: DecisionLog; close(): Promise<void> }>;

export function sampleDecision(changes: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    requestId: 'r',
    atMs: Date.UTC(2025, 0, 6, 12),
    tenant: 'default',
    namespace: 'default',
    model: 'm',
    outcome: 'miss',
    threshold: 0.9,
    query: 'why is the sky blue?',
    stream: false,
    status: 200,
    costUsd: 0.5,
    savedUsd: 0,
    latencyMs: 100,
    firstByteMs: 50,
    overheadMs: 1,
    ...changes,
  };
}

const named = (from: number, to: number): DecisionRecord[] =>
  Array.from({ length: to - from }, (_, i) => sampleDecision({ requestId: `r${from + i}` }));

const ids = (page: { decisions: readonly DecisionRecord[] }): string[] => page.decisions.map((d) => d.requestId);

/** Every page to the last one. */
export async function allDecisions(log: DecisionLog, filter: DecisionFilter, limit: number): Promise<DecisionRecord[]> {
  const found: DecisionRecord[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await log.page(filter, { cursor, limit });
    expect(page.decisions.length).toBeLessThanOrEqual(limit);
    found.push(...page.decisions);
    cursor = page.cursor;
  }
  return found;
}

export function decisionLogConformance(name: string, open: OpenDecisionLog): void {
  describe(`DecisionLog: ${name}`, () => {
    const opened: { close(): Promise<void> }[] = [];
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });
    const start = async (): Promise<DecisionLog> => {
      const made = await open();
      opened.push(made);
      return made.log;
    };
    paging(start);
    keeping(start);
  });
}

function paging(start: () => Promise<DecisionLog>): void {
  test('is empty at first', async () => {
    expect(await (await start()).page({}, { limit: 5 })).toEqual({ decisions: [] });
  });

  test('pages newest first, each once, while new ones arrive', async () => {
    const log = await start();
    log.push(named(0, 4));
    log.push(named(4, 9));
    const first = await log.page({}, { limit: 4 });
    expect(ids(first)).toEqual(['r8', 'r7', 'r6', 'r5']);
    log.push(named(9, 12));
    const second = await log.page({}, { cursor: first.cursor, limit: 4 });
    expect(ids(second)).toEqual(['r4', 'r3', 'r2', 'r1']);
    const third = await log.page({}, { cursor: second.cursor, limit: 4 });
    expect(ids(third)).toEqual(['r0']);
    expect(third.cursor).toBeUndefined();
    expect(ids(await log.page({}, { limit: 2 }))).toEqual(['r11', 'r10']);
  });

  test('a page that ends exactly with the last one has no cursor', async () => {
    const log = await start();
    log.push(named(0, 2));
    expect((await log.page({}, { limit: 2 })).cursor).toBeUndefined();
    expect((await log.page({}, { limit: 1 })).cursor).toEqual(expect.any(String));
  });

  test('filters by outcome and namespace', async () => {
    const log = await start();
    log.push([sampleDecision({ requestId: 'h', outcome: 'hit', layer: 'l1' })]);
    log.push([sampleDecision({ requestId: 'm', namespace: 'a' })]);
    const found = async (filter: DecisionFilter) => ids({ decisions: await allDecisions(log, filter, 9) });
    expect(await found({ outcome: 'hit' })).toEqual(['h']);
    expect(await found({ namespace: 'a' })).toEqual(['m']);
    expect(await found({ outcome: 'hit', namespace: 'a' })).toEqual([]);
  });

  test('finds rare ones among many, page by page', async () => {
    const log = await start();
    for (let i = 0; i < 3000; i += 1) {
      log.push([sampleDecision({ requestId: `r${i}`, outcome: i % 700 === 0 ? 'stale' : 'hit' })]);
    }
    const found = await allDecisions(log, { outcome: 'stale' }, 2);
    expect(ids({ decisions: found })).toEqual(['r2800', 'r2100', 'r1400', 'r700', 'r0']);
  });

  test.each(['', '-1', 'ZZ', '1 2', 'x'.repeat(400), '%', '+', '(0-0'])('refuses the cursor %j', async (cursor) => {
    const log = await start();
    await expect(log.page({}, { cursor, limit: 1 })).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
  });
}

function keeping(start: () => Promise<DecisionLog>): void {
  test('keeps every field, and absent ones absent', async () => {
    const log = await start();
    const full: DecisionRecord = sampleDecision({
      layer: 'semantic',
      reason: 'no-candidate',
      similarity: 0.93125,
      ...{ score: 0.987, scorer: 'v1', fingerprint: 'f'.repeat(64) as Fingerprint, queryKey: 'a'.repeat(64) },
      basis: {
        ...{ embeddingModel: 'e@1', rules: 'abc', guard: 'standard', similarityMin: 0.7, similarityOrigin: 'floor' },
        verified: {
          ...{ version: 'v1', probabilityMin: null, similarityWithout: 0.9 },
          calibration: { maxErrorRate: 0.01, bar: null, origin: 'prior', bound95: 0.02, priorVersion: 'p' },
        },
        turns: true,
        candidates: [
          { entryId: 'e'.repeat(64) as EntryId, similarity: 0.93125, verdict: 'verifier', probability: 0.5 },
          { entryId: 'd'.repeat(64) as EntryId, similarity: 0.9, verdict: 'serve', link: 'must' },
        ],
      },
      entryId: 'e'.repeat(64) as EntryId,
      candidate: { entryId: 'c'.repeat(64) as EntryId, query: 'Warum ist der Himmel blau? 🌌' },
      stream: true,
      provider: 'main',
      usage: { promptTokens: 10, completionTokens: 20, estimated: true },
      latencyMs: 12.345678,
    });
    const bare = sampleDecision({ reason: undefined, usage: { promptTokens: 1, completionTokens: 2 } });
    log.push([full, bare]);
    expect((await log.page({}, { limit: 2 })).decisions).toEqual([bare, full]);
  });

  test('finds the newest of a request, by either of its ids, among those of the tenants named', async () => {
    const log = await start();
    log.push([
      sampleDecision({ requestId: 'mine', id: 'call-1', query: 'first' }),
      sampleDecision({ requestId: 'mine', id: 'call-2', query: 'second' }),
      sampleDecision({ requestId: 'mine', id: 'call-3', query: 'of another', tenant: 'other' }),
      ...named(0, 700),
    ]);
    const found = async (id: string, tenants?: string[]) => (await log.find(id, tenants))?.query;
    expect(await found('mine')).toBe('of another');
    expect(await found('mine', ['default'])).toBe('second');
    expect(await found('mine', ['nobody', 'other'])).toBe('of another');
    expect(await found('call-1', ['default'])).toBe('first');
    expect(await found('call-1', ['other'])).toBeUndefined();
    expect(await found('unknown')).toBeUndefined();
  });

  test('cuts long texts', async () => {
    const log = await start();
    const query = 'é'.repeat(5000);
    log.push([sampleDecision({ query, candidate: { entryId: 'e' as EntryId, query, key: 'k' } })]);
    const [found] = (await log.page({}, { limit: 1 })).decisions;
    expect(found?.query).toBe('é'.repeat(2000));
    expect(found?.candidate).toMatchObject({ query: 'é'.repeat(2000), key: 'k' });
  });
}
