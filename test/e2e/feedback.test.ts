import { expect, test } from '@jest/globals';
import { cacheOf, type Reply } from '../support/client.ts';
import { describeReplicas } from '../support/room.ts';
import { until } from '../support/until.ts';

const stored = 'How do I reset the password of my account?';
const asked = 'How do I reset the password for my account?';

describeReplicas((t) => {
  const inSpace = (namespace: string, more: Record<string, string> = {}) => ({
    'x-nearhit-namespace': namespace,
    ...more,
  });
  const only = { 'x-nearhit-cache': 'only' };
  const feedback = (body: object) => t.gateway.admin('POST', '/feedback', body);
  /** A semantic hit in a namespace of its own. */
  const semanticHit = async (namespace: string, headers: Record<string, string> = {}): Promise<Reply> => {
    await t.gateway.ask(stored, {}, inSpace(namespace, headers));
    await t.gateway.flush();
    const hit = await t.gateway.ask(asked, {}, inSpace(namespace, headers));
    expect(cacheOf(hit)).toMatchObject({ cache: 'hit', layer: 'semantic' });
    return hit;
  };

  test('a semantic hit judged wrong is not served for that question again, here at once and afresh', async () => {
    const hit = await semanticHit('wrong');
    const said = await feedback({ requestId: hit.headers['x-request-id'], verdict: 'wrong' });
    expect(said.status).toBe(200);
    expect(said.json).toMatchObject({ effect: 'pair', sampled: true, entryId: hit.headers['x-nearhit-entry'] });
    const again = await t.gateway.ask(asked.toUpperCase(), {}, inSpace('wrong', only));
    expect(cacheOf(again)).toMatchObject({ cache: 'miss', reason: 'feedback' });
    // Other questions go on getting the answer.
    const other = await t.gateway.ask('How do I reset the password on my account?', {}, inSpace('wrong', only));
    expect(cacheOf(other)).toMatchObject({ cache: 'hit' });

    await t.gateway.afresh();
    await until('it has heard of it', async () => {
      const { headers } = await t.gateway.ask(asked, {}, inSpace('wrong', only));
      return headers['x-nearhit-reason'] === 'feedback';
    });
    const { json } = await t.gateway.admin('POST', '/explain', {
      ...{ model: 'm', messages: [{ role: 'user', content: asked }], nearhit: { namespace: 'wrong' } },
    });
    expect(json.decision).toMatchObject({ kind: 'miss', reason: 'feedback' });
    expect(json.candidates).toMatchObject([{ verdict: 'feedback', link: 'cannot', query: stored }]);
    // Its own answer is stored, and served.
    expect(cacheOf(await t.gateway.ask(asked, {}, inSpace('wrong')))).toMatchObject({
      cache: 'miss',
      reason: 'feedback',
    });
    expect(cacheOf(await t.gateway.ask(asked, {}, inSpace('wrong')))).toMatchObject({ cache: 'hit', layer: 'l1' });
  });

  test('saying it twice counts once; taken back, the answer is served again', async () => {
    const hit = await semanticHit('twice');
    const body = { requestId: hit.headers['x-request-id'], verdict: 'wrong' };
    const [first, second] = [await feedback(body), await feedback(body)];
    expect(second.json).toEqual(first.json);
    const { json: report } = await t.gateway.admin('GET', '/calibration?namespace=twice&model=m');
    expect(report.samples.feedback).toEqual({ right: 0, wrong: 1 });
    expect(report.byCosine[0]).toMatchObject({ samples: 1, wrong: 1, estimate: 1 });
    expect(report.inForce).toMatchObject([{ namespace: 'twice', model: 'm', maxErrorRate: null, calibration: null }]);
    expect((await t.gateway.admin('GET', '/pairs?namespace=twice')).json.pairs).toHaveLength(1);
    expect((await t.gateway.admin('DELETE', `/pairs/${first.json.pairId}`)).status).toBe(204);
    expect((await t.gateway.admin('DELETE', `/pairs/${first.json.pairId}`)).status).toBe(404);
    expect(cacheOf(await t.gateway.ask(asked, {}, inSpace('twice', only)))).toMatchObject({ layer: 'semantic' });
  });

  test('an exact hit judged wrong is dropped from every layer, and what takes its place stays', async () => {
    const question = 'Where do I find my invoices?';
    await t.gateway.ask(question, {}, inSpace('exact'));
    await t.gateway.flush();
    const hit = await t.gateway.ask(question, {}, inSpace('exact'));
    expect(cacheOf(hit)).toMatchObject({ cache: 'hit', layer: 'l1' });
    const body = { requestId: hit.headers['x-request-id'], verdict: 'wrong' };
    expect((await feedback(body)).json).toMatchObject({ effect: 'entry', pairId: null, sampled: false });
    const gone = await t.gateway.ask(question, {}, inSpace('exact', only));
    expect(cacheOf(gone)).toMatchObject({ cache: 'miss', reason: 'no-candidate' });
    await t.gateway.ask(question, {}, inSpace('exact'));
    await t.gateway.flush();
    expect((await feedback(body)).json).toMatchObject({ effect: 'none' });
    expect(cacheOf(await t.gateway.ask(question, {}, inSpace('exact', only)))).toMatchObject({ cache: 'hit' });
  });

  test('an operator may judge by entry, and say what is right below the threshold', async () => {
    const hit = await semanticHit('right');
    const entryId = hit.headers['x-nearhit-entry'];
    const far = 'I forgot my password, what now?';
    const before = await t.gateway.ask(far, {}, inSpace('right', only));
    expect(cacheOf(before)).toMatchObject({ cache: 'miss' });
    const said = await feedback({ entryId, query: far, verdict: 'right' });
    expect(said.json).toMatchObject({ effect: 'pair', sampled: true });
    expect(cacheOf(await t.gateway.ask(far, {}, inSpace('right', only)))).toMatchObject({
      cache: 'hit',
      layer: 'semantic',
    });
    // Another fingerprint is another matter.
    const warmer = await t.gateway.ask(far, { temperature: 0.5 }, inSpace('right', only));
    expect(cacheOf(warmer)).toMatchObject({ cache: 'miss' });
    expect((await feedback({ entryId, verdict: 'wrong' })).json).toMatchObject({ effect: 'entry', entryId });
    expect(cacheOf(await t.gateway.ask(far, {}, inSpace('right', only)))).toMatchObject({ cache: 'miss' });
  });

  test('a key judges what its own tenant got, and forces nothing', async () => {
    const keyOf = async (tenant: string, more = {}) => {
      const { json } = await t.gateway.admin('POST', '/keys', { name: tenant, tenant, ...more });
      return { authorization: `Bearer ${json.key}` };
    };
    const [acme, other] = [await keyOf('acme'), await keyOf('other')];
    const apart = await keyOf('acme', { namespaces: ['elsewhere'] });
    const hit = await semanticHit('keys', acme);
    const requestId = hit.headers['x-request-id'];
    const say = (verdict: string, key: Record<string, string>) =>
      t.gateway.send('POST', '/v1/feedback', { requestId, verdict }, key);
    const stranger = await say('wrong', other);
    expect([stranger.status, stranger.json.error.code]).toEqual([404, 'not_found']);
    expect((await say('wrong', apart)).status).toBe(403);
    expect((await say('wrong', { authorization: 'Bearer nh_none' })).status).toBe(401);
    const right = await say('right', acme);
    expect(right.json).toMatchObject({ effect: 'none', pairId: null, sampled: true });
    const wrong = await say('wrong', acme);
    expect(wrong.json).toMatchObject({ effect: 'pair', sampled: true });
    const again = await t.gateway.ask(asked, {}, inSpace('keys', { ...acme, ...only }));
    expect(cacheOf(again)).toMatchObject({ reason: 'feedback' });
    await semanticHit('keys', other);
  });

  test.each([
    [{ verdict: 'wrong' }, 'body'],
    [{ requestId: 'r', entryId: 'e'.repeat(64), verdict: 'wrong' }, 'body'],
    [{ requestId: 'r', query: 'q', verdict: 'wrong' }, 'body'],
    [{ requestId: 'r', verdict: 'bad' }, 'verdict'],
    [{ entryId: 'e', verdict: 'wrong' }, 'entryId'],
    [{ requestId: 'r', verdict: 'wrong', more: 1 }, 'more'],
  ])('%j is refused', async (body, param) => {
    for (const path of ['/admin/v1/feedback', '/v1/feedback']) {
      const { status, json } = await t.gateway.send('POST', path, body, { authorization: 'Bearer test-admin-token' });
      expect([status, json.error.type, json.error.param]).toEqual([400, 'invalid_request_error', param]);
    }
  });

  test('what is not known is said to be so', async () => {
    const request = await feedback({ requestId: 'never-was', verdict: 'wrong' });
    expect([request.status, request.json.error.param]).toEqual([404, 'requestId']);
    const entry = await feedback({ entryId: '0'.repeat(64), query: 'q', verdict: 'wrong' });
    expect([entry.status, entry.json.error.param]).toEqual([404, 'entryId']);
  });

  test('pairs travel: listed as lines, put back as they were', async () => {
    const texts = (n: number) => ({
      model: 'm',
      namespace: 'travel',
      a: `How do I cancel order ${n}?`,
      b: `And order ${n}?`,
    });
    const put = await t.gateway.admin('POST', '/pairs', {
      pairs: [
        { ...texts(1), verdict: 'wrong' },
        { ...texts(2), verdict: 'right', fingerprint: 'f'.repeat(64) },
      ],
    });
    expect(put.json).toMatchObject({ count: 2 });
    const lines = await t.gateway.send('GET', '/admin/v1/pairs?namespace=travel&limit=1', undefined, {
      authorization: 'Bearer test-admin-token',
      accept: 'application/x-ndjson',
    });
    expect(lines.headers['content-type']).toBe('application/x-ndjson');
    expect(lines.text.trimEnd().split('\n')).toHaveLength(1);
    expect(lines.headers['x-nearhit-cursor']).toEqual(expect.any(String));
    const { json: before } = await t.gateway.admin('GET', '/pairs?namespace=travel');
    for (const { id } of before.pairs) await t.gateway.admin('DELETE', `/pairs/${id}`);
    expect((await t.gateway.admin('GET', '/pairs?namespace=travel')).json.pairs).toEqual([]);
    expect((await t.gateway.admin('POST', '/pairs', { pairs: before.pairs })).status).toBe(200);
    expect((await t.gateway.admin('GET', '/pairs?namespace=travel')).json).toEqual(before);
    const refused = await t.gateway.admin('POST', '/pairs', { pairs: [{ ...texts(3), verdict: 'right' }] });
    expect([refused.status, refused.json.error.message]).toEqual([400, expect.stringContaining('fingerprint')]);
    const same = await t.gateway.admin('POST', '/pairs', { pairs: [{ ...texts(3), b: texts(3).a, verdict: 'wrong' }] });
    expect(same.status).toBe(400);
  });

  test('a budget that the prior does not show to be kept finds no bar yet, and says why; metrics tell of it', async () => {
    await t.gateway.admin('PUT', '/policies/budgeted', { maxErrorRate: 0.01 });
    await until('the budget is in force', async () => {
      const { json } = await t.gateway.admin('GET', '/calibration?namespace=budgeted&model=m');
      return json.inForce[0]?.calibration !== null;
    });
    const { json } = await t.gateway.admin('GET', '/calibration?namespace=budgeted&model=m');
    expect(json.inForce).toMatchObject([
      { namespace: 'budgeted', model: 'm', maxErrorRate: 0.01, calibration: { bar: null, origin: 'prior' } },
    ]);
    expect(json.inForce[0].why).toMatch(/only the same question is served/);
    const { text } = await t.gateway.send('GET', '/metrics');
    expect(text).toContain('nearhit_error_bound{namespace="budgeted",model="m"} 0');
    expect(text).toContain('nearhit_error_budget{namespace="budgeted",model="m"} 0.01');
    expect(text).toMatch(/nearhit_labelled_samples\{source="feedback",verdict="wrong"\} [1-9]/);
    expect(text).toMatch(/nearhit_judged_pairs [1-9]/);
  });
});
