import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Upstream, UpstreamCall } from '@nearhit/core';
import { accounted } from './accounted.ts';
import { decision, FlakyStore, Ledgers, NOON_MS } from './accounts.samples.ts';

let ledgers: Ledgers;
beforeEach(() => {
  ledgers = new Ledgers();
});
afterEach(() => ledgers.close());

describe('accounted', () => {
  test('writes a call down in the turn in which it is sent, with the price of its model', async () => {
    const store = new FlakyStore();
    const { accounts } = ledgers.open(store.port);
    const sent: UpstreamCall[] = [];
    const upstream = {
      send: (call: UpstreamCall) => {
        sent.push(call);
        return { pause() {}, resume() {}, abort() {} };
      },
      price: () => ({ inputUsdPerMTok: 10, outputUsdPerMTok: 100 }),
    } as unknown as Upstream;
    const sink = { onHead() {}, onData() {}, onEnd() {}, onError() {} };
    const call: UpstreamCall = {
      ...({ path: '/chat/completions', model: 'm', body: Buffer.alloc(1000), stream: false, headers: {} } as const),
      callId: 'c1',
      account: { requestId: 'r1', tenant: 'acme', keyId: 'k', namespace: 'n', endpoint: 'messages' },
    };
    const wrapped = accounted(upstream, accounts, () => NOON_MS);
    wrapped.send(call, sink);
    wrapped.send({ ...call, callId: 'c2' }, sink);
    wrapped.send({ ...call, callId: undefined }, sink);
    await new Promise((resolve) => setImmediate(resolve));
    const lines = readFileSync(join(ledgers.dir, ledgers.journals()[0] as string), 'utf8').split('\n');
    expect(lines.filter((line) => line.includes('"begin"'))).toHaveLength(2);
    accounts.record(decision(7, { id: 'c2' }));
    expect(sent).toHaveLength(3);
    await accounts.close();
    const all = await store.all();
    expect(all.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['c2', 'miss'],
      ['c1', 'interrupted'],
    ]);
    expect(all[1]).toMatchObject({
      ...{ requestId: 'r1', tenant: 'acme', keyId: 'k', namespace: 'n', endpoint: 'messages', estimated: true },
      ...{ promptTokens: 220, completionTokens: 256, costUsd: 0.0278 },
    });
  });
});
