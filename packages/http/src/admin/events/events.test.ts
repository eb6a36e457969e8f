import { afterEach, describe, expect, test } from '@jest/globals';
import type { DecisionRecord } from '@nearhit/core';
import { createMemoryDecisions, createStats } from '@nearhit/core';
import { EventStream, type StreamEvent } from '../../../../../test/support/event-stream.ts';
import { fits } from '../../../test/fits.ts';
import { house, TOKEN } from '../../../test/house.ts';
import { closeAll, start } from '../../../test/start.ts';
import { statsEvent } from '../observe-schemas.ts';
import type { StatsReader } from '../ports.ts';
import { skippedEvent, statusEvent } from './event-schemas.ts';

const streams: EventStream[] = [];

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.leave();
  await closeAll();
});

let serial = 0;

function decision(changes: Partial<DecisionRecord> = {}): DecisionRecord {
  serial += 1;
  return {
    ...{
      id: `call-${serial}`,
      requestId: `r${serial}`,
      atMs: Date.now(),
      tenant: 'default',
      namespace: 'default',
      model: 'm',
    },
    ...{
      outcome: 'miss',
      reason: 'no-candidate',
      threshold: 0.9,
      query: 'Why is the sky blue?',
      stream: false,
      status: 200,
    },
    ...{ costUsd: 0.5, savedUsd: 0, latencyMs: 120, firstByteMs: 50, overheadMs: 0.3 },
    ...changes,
  };
}

const authorization = `Bearer ${TOKEN}`;

/** A house with a real clock. `max`: decisions kept. */
async function listening({ max }: { max?: number } = {}) {
  const { deps } = house();
  const stats = createStats({ now: Date.now, decisions: createMemoryDecisions({ max }) });
  const summaries = { count: 0 };
  const counting: StatsReader = {
    summary(query) {
      summaries.count += 1;
      return stats.summary(query);
    },
    series: (query) => stats.series(query),
    recent: (filter) => stats.recent(filter),
    decisions: (filter, page) => stats.decisions(filter, page),
  };
  const parts = await start({ admin: { ...deps.admin, stats: counting, now: Date.now } });
  const listen = async (query = '', headers: Record<string, string> = {}) => {
    const stream = await EventStream.open(`${parts.url}/admin/v1/events${query}`, { authorization, ...headers });
    streams.push(stream);
    return stream;
  };
  return { ...parts, stats, summaries, listen };
}

const idsOf = (stream: EventStream) => stream.of('decision').map(({ data }) => data.id);

describe('decisions', () => {
  test('come as they are decided, as a listing has them', async () => {
    const { listen, stats, admin } = await listening();
    const stream = await listen();
    expect([stream.status, stream.headers['content-type'], stream.headers['cache-control']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'no-store',
    ]);
    stats.record(decision());
    stats.record(decision({ outcome: 'hit', layer: 'l1', reason: undefined, query: 'Two\n\nlines?' }));
    await stream.until(() => stream.of('decision').length === 2);
    const listed = (await admin('get', '/decisions')).body.decisions;
    expect(stream.of('decision').map(({ data }) => data)).toEqual(listed.reverse());
  });

  test('of a namespace and a model, where they are named', async () => {
    const { listen, stats } = await listening();
    const stream = await listen('?namespace=a&model=m');
    stats.record(decision({ namespace: 'b' }));
    stats.record(decision({ namespace: 'a', model: 'other' }));
    const wanted = decision({ namespace: 'a' });
    stats.record(wanted);
    await stream.until(() => stream.of('decision').length > 0);
    expect(idsOf(stream)).toEqual([wanted.id]);
  });

  test('that were missed come first when a lost connection is back, each once, the rest goes on', async () => {
    const { listen, stats } = await listening();
    const one = await listen('?window=5m');
    stats.record(decision());
    await one.until(() => one.of('decision').length === 1);
    one.leave();
    const missed = Array.from({ length: 300 }, () => decision());
    for (const each of missed) stats.record(each);
    const back = await listen('?window=5m', { 'last-event-id': one.lastEventId });
    await back.until(() => back.of('decision').length === 300);
    const next = decision();
    stats.record(next);
    await back.until(() => idsOf(back).includes(next.id));
    expect(idsOf(back)).toEqual([...missed, next].map(({ id }) => id));
    expect(back.of('skipped')).toEqual([]);
  });

  test('that were missed before the first one was seen come too', async () => {
    const { listen, stats } = await listening();
    const one = await listen();
    expect(one.lastEventId).not.toBe('');
    one.leave();
    const missed = decision();
    stats.record(missed);
    const back = await listen('', { 'last-event-id': one.lastEventId });
    await back.until(() => back.of('decision').length === 1);
    expect(idsOf(back)).toEqual([missed.id]);
    expect(back.of('skipped')).toEqual([]);
  });

  test('of which some are no longer kept: the others come, and it is said', async () => {
    const { listen, stats } = await listening({ max: 50 });
    stats.record(decision());
    const one = await listen();
    one.leave();
    const missed = Array.from({ length: 80 }, () => decision());
    for (const each of missed) stats.record(each);
    const back = await listen('', { 'last-event-id': one.lastEventId });
    await back.until(() => back.of('skipped').length === 1);
    expect(idsOf(back)).toEqual(missed.slice(-50).map(({ id }) => id));
    fits(skippedEvent, back.of('skipped')[0]?.data);
    expect(back.of('skipped')[0]?.data).toEqual({ decisions: null });
  });

  test.each(['', 'garbage', '12', '99999999999999999999-x'])('go on from now at the id %j', async (id) => {
    const { listen, stats } = await listening();
    stats.record(decision());
    const stream = await listen('', { 'last-event-id': id });
    const next = decision();
    stats.record(next);
    await stream.until(() => stream.of('decision').length > 0);
    expect(idsOf(stream)).toEqual([next.id]);
  });

  test('beyond twenty a second are counted instead', async () => {
    const { listen, stats } = await listening();
    const stream = await listen();
    await stream.until(() => stream.of('stats').some(({ data }) => data.recent !== null));
    const many = Array.from({ length: 90 }, () => decision());
    for (const each of many) stats.record(each);
    await stream.until(() => stream.of('skipped').length > 0);
    expect(idsOf(stream)).toEqual(many.slice(-20).map(({ id }) => id));
    const [{ data }] = stream.of('skipped') as [StreamEvent];
    fits(skippedEvent, data);
    // Timers are not exact, and what is counted per second with them.
    expect(Math.abs(data.decisions - 70)).toBeLessThan(20);
  });
});

describe('figures', () => {
  test('come at once and every second, of the window and of the last second', async () => {
    const { listen, stats, admin } = await listening();
    stats.record(decision());
    const stream = await listen('?window=5m');
    await stream.until(() => stream.of('stats').length === 3);
    for (let i = 0; i < 4; i += 1) stats.record(decision({ outcome: 'hit', layer: 'semantic', reason: undefined }));
    const hitsSeen = () => stream.of('stats').reduce((sum, { data }) => sum + (data.recent?.hits ?? 0), 0);
    await stream.until(() => hitsSeen() > 0);
    const last = stream.of('stats').at(-1)?.data;
    fits(statsEvent, last);
    expect(hitsSeen()).toBe(4);
    const { entries: _, bytes: __, ...listed } = (await admin('get', '/stats?window=5m')).body;
    expect(last).toMatchObject({ ...listed, requests: 5, hitsByLayer: { semantic: 4 } });
    expect(stream.of('stats')[0]?.data).toMatchObject({ window: '5m', requests: 1, recent: null });
  });

  test('are computed once for all who look at the same', async () => {
    const { listen, summaries } = await listening();
    const all = await Promise.all(Array.from({ length: 5 }, () => listen('?window=24h')));
    const [one] = all as [EventStream];
    for (const stream of all) await stream.until(() => stream.of('stats').length === 1);
    const before = summaries.count;
    const had = one.of('stats').length;
    await one.until(() => one.of('stats').length >= had + 3);
    expect(summaries.count - before).toBe(one.of('stats').length - had);
  });

  test.each(['window=2h', 'namespace=a%20b', 'page=2'])('refuse %s', async (query) => {
    const { admin } = await listening();
    expect((await admin('get', `/events?${query}`)).status).toBe(400);
  });
});

describe('status', () => {
  test('tells of providers, processes and queue in brief', async () => {
    const { listen, upstream, state } = await listening();
    const target = { model: 'm', samples: 1, inFlight: 0 };
    upstream.providers = () => [
      {
        ...{ id: 'main', kind: 'openai', baseUrl: 'https://api.example', requests: 3, errors: 1, inFlight: 0 },
        targets: [
          { ...target, breaker: 'closed' as const },
          { ...target, breaker: 'open' as const },
        ],
      },
    ];
    state.readiness = { ready: true, degraded: ['redis'] };
    const stream = await listen();
    await stream.until(() => stream.of('status').length === 2);
    const { data } = stream.of('status')[1] ?? {};
    fits(statusEvent, data);
    expect(data).toMatchObject({
      ...{ ready: true, degraded: ['redis'], services: [] },
      providers: [{ id: 'main', kind: 'openai', requests: 3, errors: 1, inFlight: 0, breaker: 'open', alarms: [] }],
    });
  });

  test('says null of what can not be asked, and goes on', async () => {
    const { deps } = house();
    const services = { list: () => Promise.reject(new Error('away')) };
    const { url } = await start({ admin: { ...deps.admin, services, now: Date.now } });
    const stream = await EventStream.open(`${url}/admin/v1/events`, { authorization });
    streams.push(stream);
    await stream.until(() => stream.of('status').length === 2);
    expect(stream.of('status')[1]?.data.services).toBeNull();
  });
});

describe('the connection', () => {
  test('needs an operator, and no more than the cookie of one', async () => {
    const { url, call } = await listening();
    expect((await call.get('/admin/v1/events')).status).toBe(401);
    const login = await call.post('/dashboard/session').send({ token: TOKEN });
    const cookie = /^[^;]+/.exec(login.headers['set-cookie']?.[0] ?? '')?.[0] ?? '';
    const stream = await EventStream.open(`${url}/admin/v1/events`, { cookie });
    streams.push(stream);
    await stream.until(() => stream.of('stats').length > 0);
  });

  test('is one of a hundred at most; who leaves makes room', async () => {
    const { listen, admin } = await listening();
    const all = await Promise.all(Array.from({ length: 100 }, () => listen()));
    const refused = await admin('get', '/events');
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '10']);
    all[0]?.leave();
    let status = 0;
    while (status !== 200) {
      const stream = await listen();
      status = stream.status;
      if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  test('answers HEAD with its head', async () => {
    const { call } = await listening();
    const { status, headers } = await call.head('/admin/v1/events').set({ authorization });
    expect([status, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
  });
});
