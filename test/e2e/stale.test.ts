import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PATIENT } from '../support/client.ts';
import { answerPlainly, FakeUpstream, sendJson } from '../support/fake-upstream.ts';
import { Gateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

/** Answers live for a second, and are kept for an hour more. */
const yaml = (url: string, staleMode: string) => `${PATIENT}
providers: [{ id: main, baseUrl: ${url}, apiKeys: [sk-house] }]
retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 }
policies: { default: { ttlSeconds: 1, staleSeconds: 3600, staleMode: ${staleMode} } }
`;

let upstream: FakeUpstream;
let gateway: Gateway;
beforeEach(async () => {
  upstream = await FakeUpstream.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const body = { model: 'm', messages: [{ role: 'user', content: 'How long is the warranty of a kettle?' }] };

async function ask(stream = false) {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream }),
  });
  const { headers, status } = response;
  return { status, text: await response.text(), cache: headers.get('x-nearhit-cache'), headers };
}

/** Stored, and past its life. */
async function expired(): Promise<void> {
  await ask();
  const served = upstream.calls.length;
  upstream.script = (_call, res) => sendJson(res, { error: { message: 'overloaded', type: 'x' } }, 503);
  await until('the stored answer has expired', async () => {
    await ask();
    return upstream.calls.length > served;
  });
}

describe('an expired answer', () => {
  test('is served, marked, while its provider is down, as JSON and as a stream, and no longer when it is back', async () => {
    gateway = await Gateway.start({}, yaml(upstream.url, 'if-error'));
    await expired();
    const whole = await ask();
    expect(whole).toMatchObject({ status: 200, cache: 'stale' });
    expect(whole.headers.get('x-nearhit-reason')).toBe('upstream-failed');
    expect(Number(whole.headers.get('age'))).toBeGreaterThanOrEqual(1);
    expect(JSON.parse(whole.text).choices[0].message.content).toContain('warranty');
    const streamed = await ask(true);
    expect(streamed).toMatchObject({ status: 200, cache: 'stale' });
    expect(streamed.text).toMatch(/data: \[DONE\]\n\n$/);
    upstream.script = answerPlainly;
    expect(await ask()).toMatchObject({ status: 200, cache: 'miss' });
  });

  test('is served at once while a new one is fetched, where the policy says so', async () => {
    gateway = await Gateway.start({}, yaml(upstream.url, 'while-revalidate'));
    await ask();
    const cache = async () => (await ask()).cache;
    await until('it has expired and is served stale', async () => (await cache()) === 'stale');
    await until('the new one is there', async () => (await cache()) === 'hit');
  });
});
