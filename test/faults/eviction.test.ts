import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PATIENT } from '../support/client.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { cacheOf, Gateway } from '../support/gateway.ts';
import { questionOn } from '../support/subjects.ts';
import { until } from '../support/until.ts';

const MAX = 50;

let upstream: FakeUpstream;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await FakeUpstream.start();
  const yaml = `${PATIENT}policies: { default: { maxEntries: ${MAX} } }\n`;
  gateway = await Gateway.start({ OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-house' }, yaml);
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

/** Nowhere near each other by meaning, else they would be a flood; equally long, so that only use tells them apart. */
const questionOf = (number: number) => questionOn(number, 0).padEnd(64, '?');

test('above its bound a namespace keeps what was used last, by exact hits and by meaning', async () => {
  for (let number = 0; number < 40; number++) await gateway.ask(questionOf(number));
  await gateway.flush();
  // Written first, and used: the first five word by word, the next five by meaning.
  for (let number = 0; number < 10; number++) {
    const reply = await gateway.ask(number < 5 ? questionOf(number) : `${questionOf(number)} `);
    expect(cacheOf(reply)).toMatchObject({ cache: 'hit', layer: number < 5 ? 'l1' : 'semantic' });
  }
  for (let number = 40; number < 80; number++) await gateway.ask(questionOf(number));
  await gateway.flush();
  expect(upstream.calls).toHaveLength(80);

  await until('the namespace is within its bound', async () => (await gateway.entries()).length <= MAX);
  const kept = new Set((await gateway.entries()).map(({ query }) => query));
  expect(kept.size).toBe(MAX);
  const numbers = [...Array.from({ length: 10 }, (_, at) => at), ...Array.from({ length: 40 }, (_, at) => 40 + at)];
  expect([...kept].sort()).toEqual(numbers.map(questionOf).sort());
  await until('the index follows', async () => (await gateway.metric('nearhit_index_vectors')) === MAX);

  const only = { 'x-nearhit-cache': 'only' };
  for (const number of [10, 39]) expect((await gateway.ask(questionOf(number), {}, only)).status).toBe(504);
  for (const number of [0, 9, 79]) expect((await gateway.ask(questionOf(number), {}, only)).status).toBe(200);
}, 40_000);
