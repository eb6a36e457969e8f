import { afterEach, describe, expect, test } from '@jest/globals';
import { type DecisionRecord, tenantOfCredential } from '@nearhit/core';
import { sampleDecision } from '@nearhit/core/conformance/decision-log';
import { entry } from '../../test/entry.ts';
import { fits } from '../../test/fits.ts';
import { closeAll, start } from '../../test/start.ts';
import { createMetrics } from '../metrics/metrics.ts';
import * as schemas from './evidence-schemas.ts';

afterEach(closeAll);

const hit = (changes: Partial<DecisionRecord> = {}): DecisionRecord =>
  sampleDecision({
    ...{ outcome: 'hit', layer: 'semantic', similarity: 0.93, savedUsd: 0.2, query: 'asked?' },
    ...{
      entryId: entry(1).id,
      candidate: { entryId: entry(1).id, query: 'stored?' },
      fingerprint: entry(1).fingerprint,
    },
    ...changes,
  });

describe('feedback', () => {
  test('on either door: what is remembered, what counts', async () => {
    const { admin, call, stats } = await start();
    stats.record(hit());
    const said = await admin('post', '/feedback').send({ requestId: 'r', verdict: 'right' });
    expect(said.status).toBe(200);
    fits(schemas.feedbackAnswer, said.body);
    expect(said.body).toMatchObject({ effect: 'pair', sampled: true, entryId: entry(1).id });
    const wrong = await call.post('/v1/feedback').send({ requestId: 'r', verdict: 'wrong' });
    expect(wrong.body).toMatchObject({ effect: 'pair', sampled: true });
    const { body } = await admin('get', '/pairs');
    fits(schemas.pairsAnswer, body);
    expect(body.pairs.map(({ verdict }: { verdict: string }) => verdict).sort()).toEqual(['right', 'wrong']);
  });

  test('a caller is let in, and counted, like with any request; a fault costs nothing more', async () => {
    const settled: unknown[] = [];
    const allowance = {
      headers: () => ['x-ratelimit-limit-requests', '60'],
      reserve: async () => {},
      settle: (spent: unknown) => void settled.push(spent),
    };
    const authorize = () => ({ tenant: 'acme' as never, keyId: 'key_1', grants: {} });
    const { call, stats } = await start({ enter: () => allowance, authorize });
    stats.record(hit({ tenant: 'acme' }));
    stats.record(hit({ requestId: 'theirs', tenant: 'other' }));
    const said = await call.post('/v1/feedback').send({ requestId: 'r', verdict: 'wrong' });
    expect([said.status, said.headers['x-ratelimit-limit-requests']]).toEqual([200, '60']);
    const theirs = await call.post('/v1/feedback').send({ requestId: 'theirs', verdict: 'wrong' });
    expect([theirs.status, theirs.body.error.message]).toEqual([404, expect.stringContaining("'theirs'")]);
    expect((await call.post('/v1/feedback').send({ requestId: 'r', verdict: 'wrong', tenant: 'other' })).status).toBe(
      400,
    );
    expect((await call.post('/v1/feedback').set('content-type', 'text/plain').send('x')).status).toBe(415);
    expect(settled).toHaveLength(4);
    const method = await call.get('/v1/feedback');
    expect([method.status, method.headers.allow]).toEqual([405, 'POST, OPTIONS']);
  });

  test('who pays the provider with a key of their own has decisions of their own', async () => {
    const { call, stats } = await start();
    stats.record(hit({ tenant: tenantOfCredential('sk-mine') }));
    const say = (key: string) =>
      call.post('/v1/feedback').set('authorization', `Bearer ${key}`).send({ requestId: 'r', verdict: 'wrong' });
    expect((await say('sk-other')).status).toBe(404);
    expect((await say('sk-mine')).status).toBe(200);
  });

  test('is not there where nothing is judged', async () => {
    const { deps } = await start();
    const { call, admin } = await start({ admin: { ...deps.admin, evidence: undefined } });
    expect((await call.post('/v1/feedback').send({})).status).toBe(404);
    for (const path of ['/calibration', '/pairs']) expect((await admin('get', path)).status).toBe(404);
  });
});

describe('pairs', () => {
  const texts = { namespace: 'n', model: 'm', a: 'How do I cancel?', b: 'How do I return?' };

  test('are lines for those who would rather have them, with the cursor in a header', async () => {
    const { admin } = await start();
    const pairs = [1, 2, 3].map((n) => ({ ...texts, a: `${texts.a} ${n}`, verdict: 'wrong', atMs: n }));
    const put = await admin('post', '/pairs').send({ pairs });
    fits(schemas.pairsPutAnswer, put.body);
    const lines = await admin('get', '/pairs?limit=2').set('accept', 'application/x-ndjson').buffer(true).parse(asText);
    expect(lines.headers).toMatchObject({ 'content-type': 'application/x-ndjson', vary: 'accept' });
    const rows = (lines.body as string).trimEnd().split('\n');
    expect(rows.map((row) => JSON.parse(row).atMs)).toEqual([3, 2]);
    const rest = await admin('get', `/pairs?limit=2&cursor=${lines.headers['x-nearhit-cursor']}`);
    expect(rest.body.pairs).toMatchObject([{ atMs: 1, source: 'import', tenant: 'default' }]);
    expect(rest.body.cursor).toBeUndefined();
  });

  test.each([
    ['no pair', { pairs: [] }],
    ['more than a thousand', { pairs: Array.from({ length: 1001 }, () => ({ ...texts, verdict: 'wrong' })) }],
    ['no verdict', { pairs: [texts] }],
    ['a right one without a fingerprint', { pairs: [{ ...texts, verdict: 'right' }] }],
    ['two texts that say the same', { pairs: [{ ...texts, b: 'how do I CANCEL', verdict: 'wrong' }] }],
    ['a time before 1970', { pairs: [{ ...texts, verdict: 'wrong', atMs: -1 }] }],
  ])('%s is refused', async (_, body) => {
    const { admin } = await start();
    const answer = await admin('post', '/pairs').send(body);
    expect([answer.status, answer.body.error.type]).toEqual([400, 'invalid_request_error']);
    expect((await admin('get', '/pairs')).body.pairs).toEqual([]);
  });

  test.each(['cursor=x', 'verdict=bad', 'limit=0', 'page=2'])('refuse %s', async (query) => {
    const { admin } = await start();
    expect((await admin('get', `/pairs?${query}`)).status).toBe(400);
  });

  test('one that is not there is not taken back', async () => {
    const { admin } = await start();
    expect((await admin('delete', `/pairs/${'0'.repeat(64)}`)).status).toBe(404);
    expect((await admin('delete', '/pairs/x')).status).toBe(400);
  });
});

test('calibration tells by threshold, by scope, by source', async () => {
  const { admin, stats, policies } = await start();
  await policies.put('default', undefined, { maxErrorRate: 0.02 });
  stats.record(hit());
  await admin('post', '/feedback').send({ requestId: 'r', verdict: 'wrong' });
  const { body } = await admin('get', '/calibration?namespace=default&tenant=default');
  fits(schemas.calibrationAnswer, body);
  expect(body.inForce).toMatchObject([
    { model: 'm', maxErrorRate: 0.02, calibration: { bar: null, scorer: 'cosine' } },
  ]);
  expect(body.byCosine.find((row: { threshold: number }) => row.threshold === 0.93)).toMatchObject({
    samples: 1,
    wrong: 1,
  });
  expect(body.samples.feedback).toEqual({ right: 0, wrong: 1 });
  expect((await admin('get', '/calibration?window=1h')).status).toBe(400);
});

test('metrics name the places nearest to their budget, and no more of them than fifty', async () => {
  const bounds = Array.from({ length: 60 }, (_, n) => ({
    ...{ namespace: `n${n}`, model: 'm', bound95: n / 1000, maxErrorRate: 0.01 },
  }));
  const none = { right: 0, wrong: 0 };
  const metrics = createMetrics({
    process: false,
    sources: {
      errorBounds: () => bounds,
      labels: () => ({ feedback: { right: 1, wrong: 2 }, audit: none, shadow: none, import: none }),
      judgedPairs: () => 7,
    },
  });
  const text = await metrics.render();
  expect(text.match(/^nearhit_error_bound\{/gm)).toHaveLength(50);
  expect(text).toContain('nearhit_error_bound{namespace="n59",model="m"} 0.059');
  expect(text).not.toContain('namespace="n9"');
  expect(text).toContain('nearhit_error_budget{namespace="n59",model="m"} 0.01');
  expect(text).toContain('nearhit_labelled_samples{source="feedback",verdict="wrong"} 2');
  expect(text).toContain('nearhit_judged_pairs 7');
});

describe('what-if', () => {
  test('judges recorded decisions under another policy', async () => {
    const { admin, stats } = await start();
    const pair = {
      ...({ query: 'How do I cancel my order?', similarity: 0.85, outcome: 'miss', layer: undefined } as const),
      candidate: { entryId: entry(1).id, query: 'What is the way to cancel an order?' },
    };
    stats.record(hit({ ...pair, reason: 'below-threshold', costUsd: 0.5 }));
    const { status, body } = await admin('post', '/what-if').send({ namespace: 'default', threshold: 0.8 });
    expect(status).toBe(200);
    fits(schemas.whatIfAnswer, body);
    expect(body).toMatchObject({
      ...{ decisions: { looked: 1, judged: 1 }, flips: { served: 1, refused: 0 } },
      ...{ before: { similarityMin: 0.9, served: 0 }, after: { similarityMin: 0.8, served: 1, savedUsd: 0.5 } },
    });
    expect((await admin('get', '/policies/default')).body.threshold).toBe(0.9);
  });

  test.each([
    [{}, 'namespace'],
    [{ namespace: 'a', threshold: 2 }, 'threshold'],
    [{ namespace: 'a', last: 0 }, 'last'],
    [{ namespace: 'a', last: 10_001 }, 'last'],
    [{ namespace: 'a', ttlSeconds: 1 }, 'ttlSeconds'],
  ])('refuses %j', async (body, param) => {
    const { admin } = await start();
    const answer = await admin('post', '/what-if').send(body);
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
  });
});

type Parser = Parameters<ReturnType<Awaited<ReturnType<typeof start>>['admin']>['parse']>[0];
const asText: Parser = (res, done) => {
  let text = '';
  res.setEncoding('utf8');
  res.on('data', (piece: string) => {
    text += piece;
  });
  res.on('end', () => done(null, text));
};
