import { expect, test } from '@jest/globals';
import { auditQueueConformance, sampleAudit } from '../conformance/audit-queue.conformance.ts';
import { createMemoryAudits } from './memory-queue.ts';

const observer = { incident() {} };

auditQueueConformance('memory', async ({ run, jobsMax }) => {
  const queue = createMemoryAudits({ run, observer, jobsMax, retryMs: 1 });
  return { queue, close: () => queue.close() };
});

test('nothing runs before the turn in which it was enqueued is over, nor before all is calm', async () => {
  const events: string[] = [];
  let rest!: () => void;
  const calm = new Promise<void>((resolve) => {
    rest = resolve;
  });
  const queue = createMemoryAudits({
    ...{ observer, calm: () => calm },
    run: async ({ id }) => void events.push(id),
  });
  queue.enqueue(sampleAudit(1));
  events.push('the request goes on');
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(events).toEqual(['the request goes on']);
  rest();
  while ((await queue.depth()) > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual(['the request goes on', 'call-1']);
});

test('is bounded in bytes', () => {
  const queue = createMemoryAudits({ observer, run: async () => {}, bytesMax: 2000 });
  const long = { kind: 'shadow', answer: 'x'.repeat(2000) } as const;
  expect([queue.enqueue(sampleAudit(1, { compare: long })), queue.enqueue(sampleAudit(2))]).toEqual([false, true]);
});

test('close lets go of the one in hand', async () => {
  let aborted = false;
  const begun = new Promise<void>((resolve) => {
    const queue = createMemoryAudits({
      observer,
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('cut off'));
          });
          void queue.close().then(resolve);
        }),
    });
    queue.enqueue(sampleAudit(1));
    queue.enqueue(sampleAudit(2));
  });
  await begun;
  expect(aborted).toBe(true);
});
