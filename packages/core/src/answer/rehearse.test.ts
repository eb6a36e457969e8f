import { expect, test } from '@jest/globals';
import type { QuestionPair } from '../ports/verifier.ts';
import { rehearse } from './rehearse.ts';

test('every rule is run, and the verifier is asked once; without one it is as well', async () => {
  const asked: QuestionPair[] = [];
  await rehearse({
    version: '1',
    bar: 0.75,
    verify: async (pairs) => {
      asked.push(...pairs);
      return pairs.map(() => ({ probability: 0.5 }));
    },
    explain: () => Promise.reject(new Error('nobody asks for that')),
  });
  expect(asked.length).toBeGreaterThan(2);
  for (const { a, b } of asked) expect([a.trim(), b.trim()]).not.toContain('');
  await rehearse();
});
