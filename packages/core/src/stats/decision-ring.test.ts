import { expect, test } from '@jest/globals';
import { allDecisions, decisionLogConformance, sampleDecision } from '../conformance/decision-log.conformance.ts';
import { createMemoryDecisions } from './decision-ring.ts';

decisionLogConformance('memory', async () => ({ log: createMemoryDecisions(), close: async () => {} }));

test('the ring keeps the newest, and a cursor outlives what it stood for', async () => {
  const log = createMemoryDecisions({ max: 10 });
  const push = (from: number, to: number) => {
    for (let i = from; i < to; i += 1) log.push([sampleDecision({ requestId: `r${i}` })]);
  };
  push(0, 25);
  expect((await allDecisions(log, {}, 4)).map((d) => d.requestId)).toEqual(
    Array.from({ length: 10 }, (_, i) => `r${24 - i}`),
  );
  const { cursor } = await log.page({}, { limit: 4 });
  push(25, 40);
  expect(await log.page({}, { cursor, limit: 4 })).toEqual({ decisions: [] });
});

test('the ring is bounded in text', async () => {
  const log = createMemoryDecisions({ bytesMax: 50_000 });
  for (let i = 0; i < 100; i += 1) log.push([sampleDecision({ query: 'é'.repeat(5000) })]);
  const { length } = (await log.page({}, { limit: 1000 })).decisions;
  expect(length).toBeGreaterThan(8);
  expect(length).toBeLessThan(13);
});
