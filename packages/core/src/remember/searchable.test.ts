import { expect, test } from '@jest/globals';
import { searchable } from './searchable.ts';

const log = { bounds: async () => ({ epoch: 'e', firstSeq: 1, lastSeq: 3 }) };

/** One answer after the other, the last one for ever. */
function answering(...answers: (number | Error)[]) {
  const asked = { times: 0 };
  const position = async () => {
    const answer = answers[Math.min(asked.times++, answers.length - 1)];
    if (typeof answer === 'number') return answer;
    throw answer;
  };
  return { position, asked };
}

test('waits for the slowest index, through one that can not be asked', async () => {
  const { position, asked } = answering(0, new Error('starting'), 2, 3);
  await searchable(log, position);
  expect(asked.times).toBe(4);
});

test.each<[string, number | Error, RegExp]>([
  ['that is behind', 2, /not yet searchable on every cache replica/],
  ['that can not be asked', new Error('ECONNREFUSED 10.0.0.7'), /cache service can not be asked/],
])('gives up at the deadline on one %s', async (_name, answer, message) => {
  const waiting = searchable(log, answering(answer).position, Date.now() + 50);
  await expect(waiting).rejects.toMatchObject({ kind: 'FLUSH_TIMEOUT', message: expect.stringMatching(message) });
  await expect(waiting).rejects.not.toThrow('10.0.0.7');
});
