import { afterEach, describe, expect, test } from '@jest/globals';
import type { DecisionRecord } from '@nearhit/core';
import { entry, NOW_MS } from '../../test/entry.ts';
import { fits } from '../../test/fits.ts';
import { closeAll, start } from '../../test/start.ts';
import * as schemas from './observe-schemas.ts';

afterEach(closeAll);

const decision = (changes: Partial<DecisionRecord> = {}): DecisionRecord => ({
  requestId: 'r',
  atMs: NOW_MS,
  tenant: 'default',
  namespace: 'default',
  model: 'm',
  outcome: 'miss',
  reason: 'below-threshold',
  similarity: 0.81,
  threshold: 0.9,
  candidate: { entryId: entry(1).id, query: 'Question 1?' },
  query: 'q',
  stream: false,
  status: 200,
  usage: { promptTokens: 10, completionTokens: 20 },
  costUsd: 0.5,
  savedUsd: 0,
  latencyMs: 120,
  firstByteMs: 50,
  overheadMs: 0.3,
  ...changes,
});

describe('stats', () => {
  test('count, with what is stored beside it', async () => {
    const { admin, stats } = await start();
    stats.record(decision());
    stats.record(decision({ namespace: 'support', outcome: 'hit', layer: 'semantic', costUsd: 0, savedUsd: 0.1 }));
    const all = await admin('get', '/stats?window=5m');
    expect(all.status).toBe(200);
    fits(schemas.statsAnswer, all.body);
    expect(all.body).toMatchObject({
      window: '5m',
      requests: 2,
      hits: 1,
      misses: 1,
      hitRate: 0.5,
      entries: 5,
      bytes: 500,
    });
    const one = await admin('get', '/stats?window=24h&namespace=support&model=');
    expect(one.body).toMatchObject({ requests: 1, namespace: 'support', model: null, entries: 2, bytes: 200 });
    expect((await admin('get', '/stats')).body.window).toBe('1h');
  });

  test.each(['window=2h', 'namespace=a%20b', 'since=1', 'window=5m&window=1h'])('refuse %s', async (query) => {
    const { admin } = await start();
    const answer = await admin('get', `/stats?${query}`);
    expect([answer.status, answer.body.error.type]).toEqual([400, 'invalid_request_error']);
  });
});

describe('series', () => {
  test('have the figures span by span', async () => {
    const { admin, stats } = await start();
    stats.record(decision());
    stats.record(decision({ namespace: 'support', outcome: 'hit', layer: 'semantic', costUsd: 0, savedUsd: 0.1 }));
    const all = await admin('get', '/series?window=24h');
    fits(schemas.seriesAnswer, all.body);
    expect(all.body).toMatchObject({ window: '24h', bucketSeconds: 600 });
    expect(all.body.buckets.at(-1)).toMatchObject({ requests: 2, hits: 1, misses: 1, usd: { spent: 0.5, saved: 0.1 } });
    const one = await admin('get', '/series?window=5m&namespace=support');
    expect(one.body.buckets.map((b: { requests: number }) => b.requests)).toEqual([0, 0, 0, 0, 1]);
    expect((await admin('get', '/series?window=2h')).status).toBe(400);
  });
});

describe('decisions', () => {
  test('are paged and filtered, near misses with their candidate', async () => {
    const { admin, stats } = await start();
    for (let i = 0; i < 5; i += 1) stats.record(decision({ requestId: `r${i}`, namespace: i < 4 ? 'default' : 'b' }));
    const first = await admin('get', '/decisions?outcome=miss&namespace=default&limit=3');
    fits(schemas.decisionsAnswer, first.body);
    expect(first.body.decisions.map((d: DecisionRecord) => d.requestId)).toEqual(['r3', 'r2', 'r1']);
    expect(first.body.decisions[0].candidate).toEqual({ entryId: entry(1).id, query: 'Question 1?' });
    const next = await admin('get', `/decisions?outcome=miss&namespace=default&limit=3&cursor=${first.body.cursor}`);
    expect(next.body.decisions.map((d: DecisionRecord) => d.requestId)).toEqual(['r0']);
    expect(next.body.cursor).toBeUndefined();
  });

  test.each(['outcome=maybe', 'limit=0', 'limit=1001', 'limit=ten', 'limit=1.5', 'limit=-1', 'cursor=!!', 'page=2'])(
    'refuse %s',
    async (query) => {
      const { admin } = await start();
      const answer = await admin('get', `/decisions?${query}`);
      expect([answer.status, answer.body.error.param]).toEqual([400, query.split('=')[0]]);
    },
  );
});

describe('the rest', () => {
  test('explain hands on body and headers, and refuses as the data plane does', async () => {
    const { admin } = await start();
    const answer = await admin('post', '/explain').set('x-nearhit-threshold', '0.7').send({ model: 'm', messages: [] });
    expect([answer.status, answer.body]).toEqual([200, { decision: { kind: 'miss' }, threshold: '0.7' }]);
    expect((await admin('post', '/explain').send({ model: 'm' })).status).toBe(400);
    expect((await admin('post', '/explain').set('content-type', 'text/plain').send('x')).status).toBe(415);
  });

  test('flush waits for the writes', async () => {
    const { admin, cache } = await start();
    const answer = await admin('post', '/flush');
    fits(schemas.flushAnswer, answer.body);
    expect(cache.flushes).toBe(1);
    expect((await admin('post', '/flush').send({})).status).toBe(200);
  });

  test('flush gives up after the time that is named in the query or in the body, after 30 s by default', async () => {
    const { admin, cache } = await start();
    const late = await admin('post', '/flush?timeoutMs=100');
    expect([late.status, late.body.error.code]).toEqual([503, 'flush_timeout']);
    expect((await admin('post', '/flush').send({ timeoutMs: 100 })).status).toBe(503);
    expect((await admin('post', '/flush?timeoutMs=60000').send({ timeoutMs: 20_000 })).status).toBe(200);
    cache.flushMs = 30_001;
    expect((await admin('post', '/flush')).status).toBe(503);
  });

  test.each(['0', '600001', '1.5', 'soon', ' '])('flush refuses to wait for %j ms', async (timeoutMs) => {
    const { admin, cache } = await start();
    const answer = await admin('post', `/flush?timeoutMs=${encodeURIComponent(timeoutMs)}`);
    expect([answer.status, answer.body.error.param]).toEqual([400, 'timeoutMs']);
    expect((await admin('post', '/flush').send({ timeoutMs })).status).toBe(400);
    expect((await admin('post', '/flush').set('content-type', 'application/json').send('{')).status).toBe(400);
    expect(cache.flushes).toBe(0);
  });

  test('providers and models', async () => {
    const { admin } = await start();
    const providers = await admin('get', '/providers');
    fits(schemas.providersAnswer, providers.body);
    expect(providers.body.providers[0]).toMatchObject({ id: 'main', requests: 3, errors: 1 });
    const models = await admin('get', '/models');
    fits(schemas.modelsAnswer, models.body);
    expect(models.body.models.map((m: { price: unknown }) => m.price)).toEqual([
      { inputUsdPerMTok: 2.5, outputUsdPerMTok: 10 },
      null,
    ]);
  });

  test('calls without parameters refuse those they do not know', async () => {
    const { admin } = await start();
    expect((await admin('get', '/policies?verbose=1')).status).toBe(400);
    expect((await admin('post', '/flush?now=1')).status).toBe(400);
  });
});
