import { expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { describeModes } from '../support/room.ts';
import { until } from '../support/until.ts';

const stored = 'How do I reset the password of my account?';
const asked = 'How do I reset the password for my account?';
const other = 'How do I not reset the password of my account?';
const only = { 'x-nearhit-cache': 'only' };

describeModes((t) => {
  const inSpace = (namespace: string, more: Record<string, string> = {}) => ({
    'x-nearhit-namespace': namespace,
    ...more,
  });
  const setPolicy = async (namespace: string, policy: Record<string, unknown>) => {
    await t.gateway.admin('PUT', `/policies/${namespace}`, policy);
    await until('the policy is in force', async () => {
      const { json } = await t.gateway.admin('GET', `/policies/${namespace}`);
      return Object.entries(policy).every(([field, value]) => json[field] === value);
    });
  };
  const store = async (namespace: string) => {
    await t.gateway.ask(stored, {}, inSpace(namespace));
    await t.gateway.flush();
  };
  const decisionOf = async (requestId: string | undefined) => {
    const { json } = await t.gateway.admin('GET', '/decisions?limit=50');
    return json.decisions.find((one: { requestId: string }) => one.requestId === requestId);
  };
  const replay = (id: string | undefined, query = '') => t.gateway.admin('POST', `/decisions/${id}/replay${query}`);

  test('a hit and a refusal come out the same, after the policy has changed, too', async () => {
    await store('replayed');
    const hit = await t.gateway.ask(asked, {}, inSpace('replayed', only));
    expect(cacheOf(hit)).toMatchObject({ cache: 'hit', layer: 'semantic' });
    const refused = await t.gateway.ask(other, {}, inSpace('replayed', only));
    expect(cacheOf(refused)).toMatchObject({ cache: 'miss', reason: 'guard:negation' });
    const same = await t.gateway.ask(stored.toUpperCase(), {}, inSpace('replayed', only));
    await setPolicy('replayed', { threshold: 1, guard: 'strict' });
    await until('it is written down', async () => (await decisionOf(same.headers['x-request-id'])) !== undefined);
    const [served, vetoed, identical] = await Promise.all(
      [hit, refused, same].map(({ headers }) => replay(headers['x-request-id'])),
    );
    expect(served?.json).toMatchObject({
      ...{ same: true, recorded: { kind: 'serve', entryId: hit.headers['x-nearhit-entry'] }, differs: [] },
      bar: { similarityMin: 0.7, similarityOrigin: 'floor', verified: { probabilityMin: expect.any(Number) } },
    });
    expect(vetoed?.json).toMatchObject({ same: true, replayed: { kind: 'refuse', reason: 'guard:negation' } });
    expect(identical?.json).toMatchObject({ same: true, bar: null });
    expect((await replay('never-was')).status).toBe(404);
    expect((await replay(hit.headers['x-request-id'], '?tenant=other')).status).toBe(404);
    const exact = await t.gateway.ask('What is new here?', {}, inSpace('replayed'));
    const bypassed = await t.gateway.ask(stored, {}, inSpace('replayed', { 'x-nearhit-cache': 'off' }));
    expect(exact.status).toBe(200);
    await until('it is written down', async () => (await decisionOf(bypassed.headers['x-request-id'])) !== undefined);
    const impossible = await replay(bypassed.headers['x-request-id']);
    expect([impossible.status, impossible.json.error.code]).toEqual([409, 'not_replayable']);
  });

  test('a record holds the bar that was really in force', async () => {
    await setPolicy('unguarded', { guard: 'off' });
    await setPolicy('chosen', { threshold: 0.8 });
    await setPolicy('budget', { maxErrorRate: 0.1 });
    const thresholds: unknown[] = [];
    for (const namespace of ['plain', 'unguarded', 'chosen', 'budget']) {
      await store(namespace);
      const { headers } = await t.gateway.ask(asked, {}, inSpace(namespace, only));
      await until('it is written down', async () => (await decisionOf(headers['x-request-id'])) !== undefined);
      const { threshold, basis } = await decisionOf(headers['x-request-id']);
      const { similarityOrigin, verified } = basis;
      thresholds.push([threshold, basis.similarityMin, similarityOrigin, verified?.calibration?.maxErrorRate]);
    }
    expect(thresholds).toEqual([
      [0.7, 0.7, 'floor', undefined],
      [0.9, 0.9, 'built-in', undefined],
      [0.8, 0.8, 'admin:chosen', undefined],
      [0.7, 0.7, 'floor', 0.1],
    ]);
    // What was never compared by meaning, too.
    const { headers } = await t.gateway.ask(stored, {}, inSpace('unguarded', only));
    await until('it is written down', async () => (await decisionOf(headers['x-request-id'])) !== undefined);
    expect(await decisionOf(headers['x-request-id'])).toMatchObject({ layer: 'l1', threshold: 0.9 });
  });
});
