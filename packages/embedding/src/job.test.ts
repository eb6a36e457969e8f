import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Job, JobQueue } from './job.ts';

const settle = { resolve: () => undefined, reject: () => undefined };
const job = (costs: number[], deadlineMs: number): Job => ({
  items: costs.map((_, i) => `${i}`),
  run: async () => [],
  costs,
  deadlineMs,
  dueMs: deadlineMs,
  next: 0,
  results: [],
  done: 0,
  timer: undefined,
  settle,
});
const arbitraryJob = fc
  .tuple(
    fc.array(fc.integer({ min: 2, max: 256 }), { minLength: 1, maxLength: 40 }),
    fc.oneof(fc.constant(Infinity), fc.nat(5000)),
  )
  .map(([costs, deadlineMs]) => job(costs, deadlineMs));

test('every text is given out exactly once, in the order of its job, in slices no longer than they must be', () => {
  fc.assert(
    fc.property(fc.array(arbitraryJob, { maxLength: 20 }), (jobs) => {
      const queue = new JobQueue();
      jobs.forEach((each, i) => {
        queue.add(each, i);
      });
      const given = new Map<Job, unknown[]>(jobs.map((each) => [each, []]));
      for (let now = 0, slice = queue.takeSlice(now); slice; slice = queue.takeSlice(++now)) {
        expect(slice.from).toBe(given.get(slice.job)?.length);
        expect(slice.cost).toBe(
          slice.job.costs.slice(slice.from, slice.from + slice.items.length).reduce((a, b) => a + b),
        );
        if (slice.items.length > 1) expect(slice.cost).toBeLessThanOrEqual(16);
        given.get(slice.job)?.push(...slice.items);
      }
      for (const [{ items }, out] of given) expect(out).toEqual(items);
      expect(queue.items).toBe(0);
    }),
  );
});

test('the earliest deadline goes first, and is not behind work that is due later', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { minLength: 1, maxLength: 30 }), (deadlines) => {
      const queue = new JobQueue();
      for (const deadline of deadlines) queue.add(job([10], deadline), 100_000);
      const sorted = [...deadlines].sort((a, b) => a - b);
      const median = sorted[sorted.length >> 1] as number;
      expect(queue.costBefore(median)).toBe(10 * sorted.filter((deadline) => deadline <= median).length);
      expect(deadlines.map(() => queue.takeSlice(0)?.job.deadlineMs)).toEqual(sorted);
    }),
  );
});

test('what yields goes first where it is due first and look-ups have the time, and stands in no way of theirs', () => {
  const queue = new JobQueue();
  const [word, lookUp] = [{ ...job([10], 40), yields: true }, job([10], 150)];
  for (const msPerToken of [3, 4]) {
    queue.add(word, 0);
    queue.add(lookUp, 0);
    expect([queue.costBefore(150), queue.costBefore(150, true)]).toEqual([10, 20]);
    const given = [queue.takeSlice(0, msPerToken)?.job, queue.takeSlice(0, msPerToken)?.job];
    // 20 tokens within half of 150 ms, or not.
    expect(given).toEqual(msPerToken === 3 ? [word, lookUp] : [lookUp, word]);
    word.next = 0;
    lookUp.next = 0;
  }
});

test('of many look-ups the last one counts too: what yields waits while their queue is long', () => {
  const queue = new JobQueue();
  const word = { ...job([10], 40), yields: true };
  const lookUps = Array.from({ length: 10 }, (_, i) => job([10], 150 + i));
  for (const each of [word, ...lookUps]) queue.add(each, 0);
  const given = Array.from({ length: 11 }, () => queue.takeSlice(0, 1)?.job);
  expect(given.indexOf(word)).toBe(4);
  expect(given.filter((each) => each !== word)).toEqual(lookUps);
});

test('a job without a deadline counts as one slice, and is withdrawn whole', () => {
  const queue = new JobQueue();
  const patient = job(new Array(100).fill(10), Infinity);
  queue.add(patient, 0);
  expect(queue.costBefore(10_000)).toBe(16);
  expect(queue.takeSlice(0)?.items).toHaveLength(1);
  expect(queue.items).toBe(99);
  queue.remove(patient);
  expect(queue.takeSlice(0)).toBeUndefined();
});
