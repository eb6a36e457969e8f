import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { UsageRecord } from '@nearhit/core';
import { cacheOf, PATIENT, type Reply } from '../support/client.ts';
import { answerPlainly, completion, lastUserText, type SeenCall, sendJson } from '../support/fake-upstream.ts';
import { describeReplicas } from '../support/room.ts';
import { until } from '../support/until.ts';
import { usageRecords } from '../support/usage-records.ts';

const stored = 'How do I reset the password of my account?';
const asked = 'How do I reset the password for my account?';
const only = { 'x-nearhit-cache': 'only' };
const [model, judge] = ['m', 'judge'];
const folder = mkdtempSync(join(tmpdir(), 'nearhit-audits-'));
const NEARHIT_CONFIG = join(folder, 'nearhit.yaml');
writeFileSync(
  NEARHIT_CONFIG,
  `${PATIENT}models:\n  - { id: m, price: { inputUsdPerMTok: 3, outputUsdPerMTok: 7 } }\n  - { id: judge }\n`,
);
afterAll(() => rmSync(folder, { recursive: true }));

describeReplicas(
  (t) => {
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
    /** `others`: by question, what upstream says from its second call on about it; else what it said before. */
    const answering = (first: string, later: Record<string, string> = {}) => {
      t.upstream.script = (call, res) => {
        const text = lastUserText(call.body);
        if (call.body.stream === true) return answerPlainly(call, res, 1);
        sendJson(res, completion(call, later[text] ?? first));
      };
    };
    const semanticHit = async (namespace: string, more: Record<string, unknown> = {}): Promise<Reply> => {
      await t.gateway.ask(stored, { model }, inSpace(namespace));
      await t.gateway.flush();
      const hit = await t.gateway.ask(asked, { model, ...more }, inSpace(namespace));
      expect(cacheOf(hit)).toMatchObject({ cache: 'hit', layer: 'semantic' });
      return hit;
    };
    const samples = async (namespace: string) =>
      (await t.gateway.admin('GET', `/calibration?namespace=${namespace}`)).json.samples;
    const counted = (namespace: string, source: 'audit' | 'shadow', counts: { right: number; wrong: number }) =>
      until(`${source} counts`, async () => {
        const found = (await samples(namespace))[source];
        return found.right === counts.right && found.wrong === counts.wrong;
      });
    /** In the accounts, where they are a moment later. */
    const auditsOf = async (namespace: string, count: number): Promise<UsageRecord[]> => {
      let found: UsageRecord[] = [];
      await until('the audits are accounted', async () => {
        const records = await usageRecords(t.gateway);
        found = records.filter((one) => one.endpoint === 'audit' && one.namespace === namespace);
        return found.length >= count;
      });
      return found;
    };
    const callsFor = (question: string): SeenCall[] =>
      t.upstream.calls.filter(({ body }) => lastUserText(body) === question);

    test('a hit whose question gets the same answer again counts as right; upstream is asked as the client had', async () => {
      await setPolicy('same', { auditShare: 1 });
      answering('You open the settings and choose a new one.');
      const hit = await semanticHit('same', { metadata: { a: 'b' } });
      await counted('same', 'audit', { right: 1, wrong: 0 });
      const [again] = callsFor(asked);
      expect(again?.body).toEqual({
        ...{ model, metadata: { a: 'b' } },
        messages: [{ role: 'user', content: asked }],
      });
      // Served on; nothing of the audit was stored.
      expect(cacheOf(await t.gateway.ask(asked, { model }, inSpace('same', only)))).toMatchObject({
        layer: 'semantic',
      });
      // The request above was a hit, and may have been audited by now, too.
      const records = await auditsOf('same', 1);
      const record = records.find(({ requestId }) => requestId === hit.headers['x-request-id']);
      expect(record).toMatchObject({
        ...{ requestId: hit.headers['x-request-id'], namespace: 'same', keyId: '', outcome: 'bypass', model },
        ...{ promptTokens: 10, completionTokens: 5 },
      });
      expect(record?.costUsd).toBeCloseTo((10 * 3 + 5 * 7) / 1e6, 12);
      const { json: decisions } = await t.gateway.admin('GET', '/decisions?namespace=same');
      expect(decisions.decisions.map(({ endpoint }: { endpoint: string }) => endpoint)).not.toContain('audit');
    });

    test('a hit whose question gets a contradicting answer is not served again, on any replica', async () => {
      await setPolicy('wrong', { auditShare: 1 });
      answering('It takes 14 days.', { [asked]: 'It takes 30 days.' });
      const hit = await semanticHit('wrong');
      await counted('wrong', 'audit', { right: 0, wrong: 1 });
      const { json } = await t.gateway.admin('GET', '/pairs?namespace=wrong');
      expect(json.pairs).toMatchObject([
        { verdict: 'wrong', source: 'audit', requestId: hit.headers['x-request-id'], model },
      ]);
      const refused = async () => {
        const { headers } = await t.gateway.ask(asked, { model }, inSpace('wrong', only));
        return headers['x-nearhit-reason'] === 'feedback';
      };
      await until('it is refused', refused);
      await t.gateway.afresh();
      await until('it is refused by the other one, too', refused);
    });

    test('a stream is audited as one object; a hit that was not chosen, or is the same question, is not audited', async () => {
      await setPolicy('stream', { auditShare: 1 });
      answering('As you like it.');
      await semanticHit('stream', { stream: true, stream_options: { include_usage: true } });
      await counted('stream', 'audit', { right: 1, wrong: 0 });
      expect(callsFor(asked).map(({ body }) => [body.stream, body.stream_options])).toEqual([[undefined, undefined]]);
      await t.gateway.ask(`  ${stored.toUpperCase()} `, { model }, inSpace('stream'));
      await semanticHit('unaudited');
      await semanticHit('stream');
      await counted('stream', 'audit', { right: 2, wrong: 0 });
      expect((await samples('unaudited')).audit).toEqual({ right: 0, wrong: 0 });
    });

    test('the day’s budget of a namespace ends its audits; a failed one costs nothing and leaves nothing', async () => {
      await setPolicy('poor', { auditShare: 1, auditBudgetUsdDay: 1e-9 });
      answering('As you like it.');
      await semanticHit('poor');
      await setPolicy('failing', { auditShare: 1 });
      t.upstream.script = (call, res) =>
        lastUserText(call.body) === asked
          ? sendJson(res, { error: { message: 'no', type: 'invalid_request_error' } }, 400)
          : sendJson(res, completion(call, 'Fine.'));
      await semanticHit('failing');
      await until('it was asked', async () => callsFor(asked).length > 0);
      answering('As you like it.');
      await setPolicy('rich', { auditShare: 1 });
      await semanticHit('rich');
      await counted('rich', 'audit', { right: 1, wrong: 0 });
      // One queue, in order: the others have had their turn.
      for (const namespace of ['poor', 'failing'])
        expect((await samples(namespace)).audit).toEqual({ right: 0, wrong: 0 });
      await auditsOf('rich', 1);
      expect(await auditsOf('failing', 1)).toMatchObject([{ costUsd: 0, status: 400 }]);
      expect(await auditsOf('poor', 0)).toEqual([]);
    });

    test('where rules can’t tell, a model that is served here may be asked', async () => {
      await setPolicy('judged', { auditShare: 1, auditJudge: judge });
      const long = 'You open the settings of your account and choose a new password there.';
      t.upstream.script = (call, res) => {
        if (call.body.model === judge) return sendJson(res, completion(call, 'DIFFERENT'));
        sendJson(
          res,
          completion(
            call,
            lastUserText(call.body) === asked ? 'Ask the support team for a new password of your account.' : long,
          ),
        );
      };
      await semanticHit('judged');
      await counted('judged', 'audit', { right: 0, wrong: 1 });
      const compared = t.upstream.calls.find(({ body }) => body.model === judge);
      expect(lastUserText(compared?.body as never)).toContain(JSON.stringify(long));
    });

    test('in shadow what would have been served is compared with what upstream says, without a call more', async () => {
      await setPolicy('shade', { mode: 'shadow' });
      answering('It takes 14 days.', { [asked]: 'It takes 30 days.' });
      await t.gateway.ask(stored, { model }, inSpace('shade'));
      await t.gateway.flush();
      const shadowed = await t.gateway.ask(asked, { model }, inSpace('shade'));
      expect(cacheOf(shadowed)).toMatchObject({ cache: 'miss', reason: 'shadow:semantic' });
      await counted('shade', 'shadow', { right: 0, wrong: 1 });
      expect(callsFor(asked)).toHaveLength(1);
      expect((await t.gateway.admin('GET', '/pairs?namespace=shade')).json.pairs).toMatchObject([{ source: 'shadow' }]);
      await setPolicy('shade-same', { mode: 'shadow' });
      answering('It takes 14 days.');
      await t.gateway.ask(stored, { model }, inSpace('shade-same'));
      await t.gateway.flush();
      await t.gateway.ask(asked, { model, stream: false }, inSpace('shade-same'));
      await counted('shade-same', 'shadow', { right: 1, wrong: 0 });
    });
  },
  { OPENAI_API_KEY: 'sk-house', NEARHIT_CONFIG },
);
