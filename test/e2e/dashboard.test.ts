import { describe, expect, test } from '@jest/globals';
import { ADMIN_TOKEN, type Reply } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { describeEmbedded, describeReplicas } from '../support/room.ts';
import { until } from '../support/until.ts';

const question = 'How do I reset the password of my account?';
const repeat = 'How do I reset the password for my account?';

const cookieIn = ({ headers }: Reply): string => /^[^;]+/.exec(String(headers['set-cookie'] ?? ''))?.[0] ?? '';

describeReplicas((t) => {
  const login = async () => {
    const answer = await t.gateway.send('POST', '/dashboard/session', { token: ADMIN_TOKEN });
    return { cookie: cookieIn(answer), csrf: answer.json.csrf as string };
  };
  const listen = (cookie: string, headers: Record<string, string> = {}, query = '?window=5m') =>
    EventStream.open(`${t.gateway.url}/admin/v1/events${query}`, { cookie, ...headers });

  describe('what the dashboard asks for', () => {
    test('a session reads with its cookie, changes with csrf beside it, and is an operator’s on the data plane', async () => {
      const { cookie, csrf } = await login();
      const get = await t.gateway.send('GET', '/admin/v1/providers', undefined, { cookie });
      expect([get.status, get.json.providers[0].id]).toEqual([200, expect.any(String)]);
      const put = (headers: Record<string, string>) =>
        t.gateway.send('PUT', '/admin/v1/policies/dashboard', { threshold: 0.95 }, headers);
      expect((await put({ cookie })).status).toBe(403);
      expect((await put({ cookie, 'x-nearhit-csrf': csrf })).json.threshold).toBe(0.95);
      const asked = await t.gateway.ask(question, {}, { cookie, 'x-nearhit-csrf': csrf });
      expect(asked.status).toBe(200);
    });

    test('decisions and figures come live, and those of a lost connection later', async () => {
      const { cookie } = await login();
      const stream = await listen(cookie, {}, '?window=5m&namespace=live');
      const ask = (text: string) => t.gateway.ask(text, {}, { 'x-nearhit-namespace': 'live' });
      await ask(question);
      await t.gateway.flush();
      await ask(repeat);
      await stream.until(() => stream.of('decision').length === 2);
      expect(stream.of('decision').map(({ data }) => [data.query, data.outcome, data.layer])).toEqual([
        [question, 'miss', undefined],
        [repeat, 'hit', 'semantic'],
      ]);
      await stream.until(() => stream.of('stats').at(-1)?.data.requests === 2);
      expect(stream.of('stats').at(-1)?.data).toMatchObject({ namespace: 'live', hitsByLayer: { semantic: 1 } });
      stream.leave();
      const missed = ['What is a limerick?', 'Who wrote the Odyssey?', 'Where do swallows winter?'];
      for (const text of missed) await ask(text);
      const back = await listen(cookie, { 'last-event-id': stream.lastEventId }, '?window=5m&namespace=live');
      await back.until(() => back.of('decision').length === 3);
      expect(back.of('decision').map(({ data }) => data.query)).toEqual(missed);
      await back.until(() => back.of('status').length > 0);
      const status = back.of('status').at(-1)?.data;
      expect(status).toMatchObject({ ready: true, queue: { dead: 0 } });
      expect(status.providers.length).toBeGreaterThan(0);
      back.leave();
    });

    test('a series adds up to the figures of its window', async () => {
      await t.gateway.ask(question, {}, { 'x-nearhit-namespace': 'series' });
      await until('it is counted', async () => {
        const { json } = await t.gateway.admin('GET', '/series?window=1h&namespace=series');
        return json.buckets.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0) === 1;
      });
    });

    test('entries are found by meaning, and a change of policy is tried on what was decided', async () => {
      const headers = { 'x-nearhit-namespace': 'room' };
      await t.gateway.admin('PUT', '/policies/room', { threshold: 0.9999 });
      await t.gateway.ask(question, {}, headers);
      await t.gateway.ask('When does the museum open on Sundays?', {}, headers);
      await t.gateway.flush();
      expect((await t.gateway.ask(repeat, {}, headers)).headers['x-nearhit-cache']).toBe('miss');
      await t.gateway.flush();
      const found = await t.gateway.admin('GET', '/entries?namespace=room&match=meaning&limit=2&text=lost%20password');
      const queries = found.json.entries.map(({ query }: { query: string }) => query);
      expect(queries.sort()).toEqual([repeat, question].sort());
      const report = async () =>
        (await t.gateway.admin('POST', '/what-if', { namespace: 'room', threshold: 0.8 })).json;
      await until('the decisions are recorded', async () => (await report()).decisions.looked === 3);
      expect(await report()).toMatchObject({ before: { served: 0 }, after: { served: 1 }, flips: { served: 1 } });
      const [flip] = (await report()).flips.shown;
      expect(flip).toMatchObject({ query: repeat, candidate: { query: question }, recorded: 'below-threshold' });
      expect(flip.score).toBeGreaterThan(0.5);
    });

    test('a session counts at another replica, or after a restart', async () => {
      const { cookie, csrf } = await login();
      await t.gateway.afresh();
      expect((await t.gateway.send('GET', '/dashboard/session', undefined, { cookie })).json).toEqual({ csrf });
    });
  });
});

describeEmbedded(
  (t) => {
    test('where a key is required, a session with csrf is let in, and nothing less', async () => {
      const login = await t.gateway.send('POST', '/dashboard/session', { token: ADMIN_TOKEN });
      const cookie = cookieIn(login);
      expect((await t.gateway.ask(question, {}, { cookie })).status).toBe(401);
      expect((await t.gateway.ask(question, {}, { cookie, 'x-nearhit-csrf': login.json.csrf })).status).toBe(200);
    });

    test('a stream does not keep the process from ending', async () => {
      const login = await t.gateway.send('POST', '/dashboard/session', { token: ADMIN_TOKEN });
      const stream = await EventStream.open(`${t.gateway.url}/admin/v1/events`, { cookie: cookieIn(login) });
      await stream.until(() => stream.of('stats').length > 0);
      await t.gateway.afresh();
      await stream.end();
      // Ended, and not cut as what is in flight when its half minute is over.
      expect(stream.isWhole).toBe(true);
    });
  },
  { OPENAI_API_KEY: 'sk-house', NEARHIT_AUTH: 'required' },
);
