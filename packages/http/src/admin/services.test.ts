import { afterEach, describe, expect, test } from '@jest/globals';
import { ArrayQueue, deadLetter, service } from '../../test/colleagues.ts';
import { NOW_MS } from '../../test/entry.ts';
import { fits } from '../../test/fits.ts';
import { house } from '../../test/house.ts';
import { closeAll, start } from '../../test/start.ts';
import * as schemas from './service-schemas.ts';
import type { ServiceDeps } from './services.ts';

afterEach(closeAll);

const startWith = (deps: ServiceDeps) => start({ admin: { ...house().deps.admin, ...deps } });

describe('services', () => {
  test('are listed with their lag, the log and the queue', async () => {
    const queueAdmin = new ArrayQueue();
    queueAdmin.waiting = 3;
    const { admin } = await startWith({
      services: {
        list: async () => [
          service({ kind: 'worker', id: 'w', detail: { jobsDone: 5, degraded: 'store', paused: false } }),
          service({ kind: 'cache', id: 'c-young', position: 100, startedAtMs: NOW_MS }),
          service({ kind: 'cache', id: 'c-old', position: 88 }),
          service({ kind: 'cache', id: 'c-ahead', position: 101, startedAtMs: NOW_MS + 1 }),
        ],
      },
      changes: { bounds: async () => ({ epoch: 'e', firstSeq: 11, lastSeq: 100 }) },
      queueAdmin,
    });
    const { status, body } = await admin('get', '/services');
    expect(status).toBe(200);
    fits(schemas.servicesAnswer, body);
    expect(body.log).toEqual({ firstSeq: 11, lastSeq: 100 });
    expect(body.queue).toEqual({ waiting: 3, active: 0, delayed: 0, dead: 0 });
    const shown = body.services.map(({ id, position, lag }: Record<string, unknown>) => ({ id, position, lag }));
    expect(shown).toEqual([
      { id: 'c-old', position: 88, lag: 12 },
      { id: 'c-young', position: 100, lag: 0 },
      { id: 'c-ahead', position: 101, lag: 0 },
      { id: 'w' },
    ]);
    expect(body.services[3].detail).toEqual({ jobsDone: 5, degraded: 'store', paused: false });
  });

  test('are none in one process of its own, and there is no queue to look into', async () => {
    const { admin } = await start();
    expect((await admin('get', '/services')).body).toEqual({ services: [] });
    for (const [method, path] of [
      ['get', '/queue'],
      ['get', '/queue/dead-letters'],
      ['post', '/queue/dead-letters/redrive'],
      ['post', '/queue/dead-letters/discard'],
    ] as const) {
      const answer = await admin(method, path);
      expect([answer.status, answer.body.error.code]).toEqual([404, 'not_found']);
    }
  });

  test('that can not be asked are 503, why is for the log', async () => {
    const { admin } = await startWith({
      services: { list: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:6379')) },
    });
    const { status, body, text } = await admin('get', '/services');
    expect([status, body.error.code]).toEqual([503, 'store_unavailable']);
    expect(text).not.toContain('10.0.0.7');
  });
});

describe('dead letters', () => {
  async function startWithDead(count: number) {
    const queueAdmin = new ArrayQueue();
    queueAdmin.dead = Array.from({ length: count }, (_, n) => deadLetter(n));
    return { ...(await startWith({ queueAdmin })), queueAdmin };
  }

  test('are counted and paged, unreadable ones too', async () => {
    const { admin, queueAdmin } = await startWithDead(3);
    queueAdmin.dead.push(deadLetter(3, { entryId: undefined, namespace: undefined, model: undefined }));
    expect((await admin('get', '/queue')).body).toEqual({ waiting: 0, active: 0, delayed: 0, dead: 4 });
    const { body } = await admin('get', '/queue/dead-letters?offset=2&limit=5');
    fits(schemas.deadLettersAnswer, body);
    expect(body.deadLetters.map(({ id }: { id: string }) => id)).toEqual(['job-2', 'job-3']);
    expect(body.deadLetters[1]).not.toHaveProperty('entryId');
  });

  test('go back into the queue: those named, or all', async () => {
    const { admin, queueAdmin } = await startWithDead(4);
    const path = '/queue/dead-letters/redrive';
    expect((await admin('post', path).send({ ids: ['job-1', 'absent'] })).body).toEqual({ count: 1 });
    expect(queueAdmin.dead.map(({ id }) => id)).toEqual(['job-0', 'job-2', 'job-3']);
    expect((await admin('post', path)).body).toEqual({ count: 3 });
    expect((await admin('get', '/queue')).body).toMatchObject({ waiting: 4, dead: 0 });
  });

  test('are discarded: those named, or all', async () => {
    const { admin, queueAdmin } = await startWithDead(3);
    const path = '/queue/dead-letters/discard';
    expect((await admin('post', path).send({ ids: ['job-2'] })).body).toEqual({ count: 1 });
    expect((await admin('post', path).send({})).body).toEqual({ count: 2 });
    expect(queueAdmin.waiting).toBe(0);
  });

  test.each([{ ids: [] }, { ids: 'job-1' }, { ids: [''] }, { id: 'job-1' }, []])('%j drops none', async (body) => {
    const { admin, queueAdmin } = await startWithDead(2);
    expect((await admin('post', '/queue/dead-letters/discard').send(body)).status).toBe(400);
    expect(queueAdmin.dead).toHaveLength(2);
  });

  test.each(['offset=-1', 'offset=x', 'limit=0', 'limit=1001', 'cursor=a'])('refuse %s', async (query) => {
    const { admin } = await startWithDead(0);
    const answer = await admin('get', `/queue/dead-letters?${query}`);
    expect([answer.status, answer.body.error.param]).toEqual([400, query.split('=')[0]]);
  });
});
