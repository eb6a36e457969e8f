import { afterEach, describe, expect, test } from '@jest/globals';
import { closeAll, listen, nearhit } from '../test/cli.ts';

afterEach(closeAll);

const NOW_MS = Date.UTC(2025, 0, 6, 12);
const COUNTS = { waiting: 1204, active: 2, delayed: 1, dead: 3 };
const QUANTILES = { count: 0, p50: null, p95: null, p99: null };
const STATS = {
  ...{ window: '1h', namespace: null, model: null, requests: 0, hits: 0, hitsByLayer: { l1: 0, l2: 0, semantic: 0 } },
  ...{ misses: 0, missesByReason: {}, bypasses: 0, bypassesByReason: {}, stale: 0, errors: 0, hitRate: 0 },
  ...{ tokens: { spent: { input: 0, output: 0 }, saved: { input: 0, output: 0 } }, usd: { spent: 0, saved: 0 } },
  ...{ latencyMs: {}, overheadMs: QUANTILES, incidents: {}, entries: 0, bytes: 0 },
};

const service = (changes: object) => ({
  ...{ id: 'a1', host: 'h', version: '0.1.0', startedAtMs: NOW_MS - 7_300_000, seenAtMs: NOW_MS, detail: {} },
  ...changes,
});
const TOGETHER = {
  services: [
    service({ kind: 'cache', id: 'c1', position: 90, lag: 33, detail: { degraded: '', vectors: 5000 } }),
    service({ kind: 'ingress', id: 'i1', detail: { degraded: 'redis' } }),
    service({ kind: 'worker', id: 'w1', seenAtMs: NOW_MS - 6000 }),
  ],
  log: { firstSeq: 24, lastSeq: 1123 },
  queue: COUNTS,
};

/** Answers `/admin/v1` as told, the rest as a gateway that is well. */
async function gateway(admin: Readonly<Record<string, { status?: number; body: unknown }>>) {
  const asked: { call: string; body: unknown }[] = [];
  const known = {
    '/healthz': { body: { status: 'ok' } },
    '/readyz': { body: { status: 'ready', ready: true, degraded: [] } },
    '/admin/v1/stats': { body: STATS },
    '/admin/v1/providers': { body: { providers: [] } },
    ...admin,
  } as Readonly<Record<string, { status?: number; body: unknown }>>;
  const url = await listen((req, res, body) => {
    asked.push({ call: `${req.method} ${req.url}`, body: body === '' ? undefined : JSON.parse(body) });
    const path = req.url?.split('?')[0] ?? '';
    const { status = 200, body: answer } = known[path] ?? { status: 404, body: refusal('not_found') };
    res.writeHead(status).end(JSON.stringify(answer));
  });
  return { asked, run: (...args: string[]) => nearhit([...args, '--url', url, '--token', 't']) };
}

const refusal = (code: string) => ({ error: { message: 'No.', type: 'server_error', param: null, code } });

describe('status', () => {
  test('shows every service with state and lag, the log and the queue', async () => {
    const { run } = await gateway({ '/admin/v1/services': { body: TOGETHER } });
    const { code, stdout } = await run('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n {2}service +id +host +version +state +up +lag +detail\n/);
    expect(stdout).toMatch(/\n {2}cache +c1 +h +0\.1\.0 +ready +2 h +33 +vectors 5,000\n/);
    expect(stdout).toMatch(/\n {2}ingress +i1 +h +0\.1\.0 +degraded: redis +2 h +-\n/);
    expect(stdout).toMatch(/\n {2}worker +w1 +h +0\.1\.0 +silent for 6 s +2 h +-\n/);
    expect(stdout).toMatch(/\n {2}log +1,100 records, up to 1,123\n/);
    expect(stdout).toMatch(/\n {2}queue +1,204 waiting, 2 active, 1 to be tried again, 3 dead\n/);
  });

  test('--json has them as the admin API answers', async () => {
    const { run } = await gateway({ '/admin/v1/services': { body: TOGETHER } });
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({ ...TOGETHER, stats: STATS });
  });

  test.each([
    ['in one process of its own', { body: { services: [] } }],
    ['of a gateway that knows no services', { status: 404, body: refusal('not_found') }],
  ])('is without them %s', async (_where, answer) => {
    const { run } = await gateway({ '/admin/v1/services': answer });
    const { code, stdout } = await run('status');
    expect(code).toBe(0);
    expect(stdout).toContain('provider');
    expect(stdout).not.toMatch(/service|queue/);
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({ services: [], log: null, queue: null });
  });

  test('goes on when they can not be asked', async () => {
    const { run } = await gateway({ '/admin/v1/services': { status: 503, body: refusal('store_unavailable') } });
    const { code, stdout } = await run('status');
    expect(code).toBe(0);
    expect(stdout).toContain('The other services can not be asked.');
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({ services: null, queue: null });
  });
});

describe('queue', () => {
  const DEAD = '/admin/v1/queue/dead-letters';
  const LETTER = { id: '17', attempts: 8, failedAtMs: NOW_MS, reason: 'EMBEDDER_BUSY' };

  test('tells what waits', async () => {
    const { run } = await gateway({ '/admin/v1/queue': { body: COUNTS } });
    for (const args of [['queue'], ['queue', 'show']])
      expect(await run(...args)).toMatchObject({
        ...{ code: 0, stdout: '1,204 waiting, 2 active, 1 to be tried again, 3 dead\n' },
      });
    expect(JSON.parse((await run('queue', '--json')).stdout)).toEqual(COUNTS);
  });

  test('lists dead letters', async () => {
    const { run, asked } = await gateway({ [DEAD]: { body: { deadLetters: [{ ...LETTER, model: 'm' }] } } });
    const { stdout } = await run('queue', 'dead', '--offset', '3', '--limit', '2');
    expect(stdout).toMatch(/\n {2}17 +2025-01-06T12:00:00\.000Z +8 +- +m +EMBEDDER_BUSY\n/);
    expect(asked.map(({ call }) => call)).toEqual([`GET ${DEAD}?offset=3&limit=2`]);
    expect(JSON.parse((await run('queue', 'dead', '--json')).stdout).deadLetters).toHaveLength(1);
  });

  test('says when there are none', async () => {
    const { run } = await gateway({ [DEAD]: { body: { deadLetters: [] } } });
    expect((await run('queue', 'dead')).stdout).toBe('No dead letters.\n');
    expect((await run('queue', 'dead', '--offset', '1')).stdout).toBe('No more dead letters.\n');
  });

  test('drives again what is named, or all', async () => {
    const { run, asked } = await gateway({ [`${DEAD}/redrive`]: { body: { count: 2 } } });
    expect(await run('queue', 'redrive', '17', '18', '17')).toMatchObject({
      ...{ code: 0, stdout: '2 dead letters went back into the queue.\n' },
    });
    expect((await run('queue', 'redrive', '--json')).stdout).toBe('{\n  "count": 2\n}\n');
    expect(await run('queue', 'redrive', '1', '2', '3')).toMatchObject({
      ...{ code: 1, stdout: '2 dead letters went back into the queue; 1 id not among them.\n' },
    });
    expect(asked.map(({ body }) => body)).toEqual([{ ids: ['17', '18'] }, {}, { ids: ['1', '2', '3'] }]);
  });

  test('discards what is named, or all', async () => {
    const { run, asked } = await gateway({ [`${DEAD}/discard`]: { body: { count: 1 } } });
    expect(await run('queue', 'discard', '17')).toMatchObject({ code: 0, stdout: '1 dead letter discarded.\n' });
    expect((await run('queue', 'discard', '--all')).code).toBe(0);
    expect(asked.map(({ body }) => body)).toEqual([{ ids: ['17'] }, {}]);
  });

  test('fails where there is no queue', async () => {
    const { run } = await gateway({});
    expect(await run('queue')).toEqual({ code: 1, stdout: '', stderr: 'nearhit: No.\n' });
  });
});
