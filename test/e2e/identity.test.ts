import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PATIENT } from '../support/client.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { cacheOf, Gateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

let upstream: FakeUpstream;
let gateway: Gateway;
beforeEach(async () => {
  upstream = await FakeUpstream.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const provider = () => `${PATIENT}
providers: [{ id: main, baseUrl: ${upstream.url}, apiKeys: [sk-house] }]
`;
const SAME = { cache: 'hit', layer: 'semantic' };

describe('the same question but for its form', () => {
  const asked = "What's the capital of France?";
  const again = 'hi, what is the CAPITAL of france ??';

  test('is served from memory and, after a restart, from the store, without embedding it', async () => {
    gateway = await Gateway.start({}, provider());
    const first = await gateway.ask(asked);
    await gateway.flush();
    for (const restarted of [false, true]) {
      if (restarted) await gateway.afresh();
      const reply = await gateway.ask(again);
      expect(cacheOf(reply)).toMatchObject(SAME);
      expect(reply.headers).toMatchObject({
        'x-nearhit-similarity': '1.0000',
        'x-nearhit-entry': first.headers['x-nearhit-entry'],
      });
      expect(reply.headers['server-timing']).toMatch(restarted ? /identity;.*l2;/ : /identity;/);
      expect(reply.headers['server-timing']).not.toMatch(/embed|nearest|decide/);
      expect(reply.json.choices[0].message.content).toBe(first.json.choices[0].message.content);
    }
    const streamed = await gateway.ask(again, { stream: true });
    expect(cacheOf(streamed)).toMatchObject(SAME);
    expect(upstream.calls).toHaveLength(1);
  });

  test('the record and explain say so, and metrics count it apart', async () => {
    gateway = await Gateway.start({}, provider());
    const { headers } = await gateway.ask(asked);
    await gateway.flush();
    await gateway.ask(again);
    const { json } = await gateway.admin('GET', '/decisions');
    expect(json.decisions[0]).toMatchObject({
      ...{ outcome: 'hit', layer: 'semantic', stage: 'identity', similarity: 1 },
      candidate: { entryId: headers['x-nearhit-entry'], query: asked },
    });
    expect(json.decisions[1]).not.toHaveProperty('stage');
    const messages = [{ role: 'user', content: again }];
    const explained = await gateway.admin('POST', '/explain', { model: 'm', messages });
    expect(explained.json).toMatchObject({
      decision: { kind: 'hit', layer: 'semantic', stage: 'identity', entryId: headers['x-nearhit-entry'] },
      identity: { form: 'what is the capital of france', query: asked, refused: null },
      candidates: [{ entryId: headers['x-nearhit-entry'] }],
    });
    const metrics = (await gateway.send('GET', '/metrics')).text;
    expect(metrics).toMatch(/nearhit_identity_hits_total 1\n/);
  });

  test('not for tools, another system prompt, another namespace, or where only exact hits are wanted', async () => {
    gateway = await Gateway.start({}, provider());
    await gateway.admin('PUT', '/policies/exact', { semantic: false });
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
    const apart: [object, Record<string, string>][] = [
      [{ tools }, { 'x-nearhit-namespace': 'tools' }],
      [{}, { 'x-nearhit-namespace': 'exact' }],
      [{}, { 'x-nearhit-namespace': 'other' }],
    ];
    for (const [more, headers] of apart) {
      await gateway.ask(asked, { ...more }, headers);
      await gateway.flush();
      if (headers['x-nearhit-namespace'] === 'other') continue;
      expect(cacheOf(await gateway.ask(again, { ...more }, headers))).toMatchObject({ cache: 'miss' });
    }
    expect(cacheOf(await gateway.ask(again))).toMatchObject({ cache: 'miss' });
    const messages = [
      { role: 'system', content: 'Answer in French.' },
      { role: 'user', content: again.toUpperCase() },
    ];
    expect(cacheOf(await gateway.ask('', { messages }))).toMatchObject({ cache: 'miss' });
  });

  test('a deleted or expired answer is not served by it', async () => {
    gateway = await Gateway.start({}, provider());
    const { headers } = await gateway.ask(asked);
    await gateway.flush();
    expect((await gateway.admin('DELETE', `/entries/${headers['x-nearhit-entry']}`)).status).toBe(204);
    expect(cacheOf(await gateway.ask(again))).toMatchObject({ cache: 'miss' });
    await gateway.ask('Who was Ada Lovelace?', {}, { 'x-nearhit-ttl': '1' });
    await until('it has expired', async () => {
      const { headers } = await gateway.ask('who was ada lovelace', {}, { 'x-nearhit-cache': 'only' });
      return headers['x-nearhit-cache'] !== 'hit';
    });
  });
});
