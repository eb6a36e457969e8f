import { expect, test } from '@jest/globals';
import { labelled } from './exposition.ts';
import { createMetrics } from './metrics.ts';
import { createServiceMetrics } from './service-metrics.ts';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('a service tells its own figures, what its queue and its dependencies are like, and what it survived', async () => {
  let done = 0;
  const metrics = createServiceMetrics({
    process: false,
    gauges: {
      logPosition: () => 120,
      replicaLag: async () => 3,
      queue: async () => ({ waiting: 4, active: 3, delayed: 2, dead: 1 }),
      breakers: () => [
        { name: 'redis', open: true },
        { name: 'embedding', open: false },
      ],
    },
    sources: [
      {
        name: 'nearhit_jobs_done_total',
        help: 'Jobs.',
        kind: 'counter',
        read: () => labelled('outcome', { stored: done, failed: 0 }),
      },
    ],
  });
  metrics.incident('write "failed"\n');
  await metrics.render();
  done = 7;
  const text = await metrics.render();
  expect(lines(text).sort()).toEqual([
    'nearhit_breaker_open{name="embedding"} 0',
    'nearhit_breaker_open{name="redis"} 1',
    'nearhit_incidents_total{name="write \\"failed\\"\\n"} 1',
    'nearhit_jobs_done_total{outcome="failed"} 0',
    'nearhit_jobs_done_total{outcome="stored"} 7',
    'nearhit_log_position 120',
    'nearhit_queue_jobs{state="active"} 3',
    'nearhit_queue_jobs{state="dead"} 1',
    'nearhit_queue_jobs{state="delayed"} 2',
    'nearhit_queue_jobs{state="waiting"} 4',
    'nearhit_replica_lag_records 3',
  ]);
  expect(text).toContain('# TYPE nearhit_jobs_done_total counter');
  expect(text).toContain('# TYPE nearhit_breaker_open gauge');
});

test('what can not be read is left out, and the rest is told', async () => {
  const metrics = createServiceMetrics({
    process: false,
    gauges: { replicaLag: () => Promise.reject(new Error('redis is away')), logPosition: () => 1 },
    sources: [
      {
        name: 'nearhit_broken',
        help: 'Broken.',
        kind: 'gauge',
        read: () => {
          throw new Error('closed');
        },
      },
    ],
  });
  expect(lines(await metrics.render())).toEqual(['nearhit_log_position 1']);
});

test('two metrics of one name are refused', () => {
  const source = { name: 'nearhit_entries', help: 'x', kind: 'gauge', read: () => 1 } as const;
  expect(() => createMetrics({ process: false, sources: { entries: () => 1 }, more: [source] })).toThrow('already');
});

test('the process tells of itself unless told not to', async () => {
  expect(await createServiceMetrics().render()).toContain('process_cpu_seconds_total');
});
