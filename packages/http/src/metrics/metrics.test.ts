import { describe, expect, test } from '@jest/globals';
import type { DecisionRecord } from '@nearhit/core';
import { createMetrics } from './metrics.ts';

const decision = (changes: Partial<DecisionRecord> = {}): DecisionRecord => ({
  requestId: 'r',
  atMs: 0,
  tenant: 'default',
  namespace: 'default',
  model: 'm',
  outcome: 'miss',
  reason: 'no-candidate',
  threshold: 0.9,
  query: 'q',
  stream: false,
  status: 200,
  usage: { promptTokens: 10, completionTokens: 20 },
  costUsd: 0.5,
  savedUsd: 0,
  latencyMs: 120,
  firstByteMs: 50,
  overheadMs: 0.3,
  ...changes,
});

/** Sample lines only. */
const samples = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));

describe('metrics', () => {
  test('count requests, time, tokens and money', async () => {
    const metrics = createMetrics({ process: false });
    metrics.record(decision());
    metrics.record(decision({ reason: 'guard:number' }));
    metrics.record(decision({ outcome: 'bypass', reason: 'not-cacheable:temperature', usage: undefined, costUsd: 0 }));
    metrics.record(
      decision({ outcome: 'hit', layer: 'l1', reason: undefined, costUsd: 0, savedUsd: 0.25, latencyMs: 0.4 }),
    );
    const identity = { stage: 'identity', similarity: 1, reason: undefined } as const;
    metrics.record(decision({ outcome: 'hit', layer: 'semantic', ...identity, usage: undefined, costUsd: 0 }));
    metrics.incident('lookup-failed');
    const text = await metrics.render();
    expect(samples(text, 'nearhit_requests_total').sort()).toEqual([
      'nearhit_requests_total{outcome="bypass",layer="",reason="not-cacheable"} 1',
      'nearhit_requests_total{outcome="hit",layer="l1",reason=""} 1',
      'nearhit_requests_total{outcome="hit",layer="semantic",reason=""} 1',
      'nearhit_requests_total{outcome="miss",layer="",reason="guard:number"} 1',
      'nearhit_requests_total{outcome="miss",layer="",reason="no-candidate"} 1',
    ]);
    expect(text).toContain('nearhit_request_duration_seconds_bucket{le="0.1",outcome="miss"} 0');
    expect(text).toContain('nearhit_request_duration_seconds_bucket{le="0.25",outcome="miss"} 2');
    expect(text).toContain('nearhit_overhead_seconds_count{outcome="hit"} 2');
    expect(text).toContain('nearhit_identity_hits_total 1');
    expect(text).toContain('nearhit_tokens_total{kind="output",use="spent"} 40');
    expect(text).toContain('nearhit_tokens_total{kind="input",use="saved"} 10');
    expect(text).toContain('nearhit_cost_usd_total 1');
    expect(text).toContain('nearhit_saved_usd_total 0.25');
    expect(text).toContain('nearhit_incidents_total{name="lookup-failed"} 1');
  });

  test('count the calls to providers by how they ended, and say which targets are not asked', async () => {
    const target = { breaker: 'open' as const, samples: 3, inFlight: 0 };
    const provider = { id: 'p', kind: 'openai', baseUrl: '', requests: 2, errors: 1, inFlight: 4 };
    const metrics = createMetrics({ process: false });
    metrics.watch({ providers: () => [{ ...provider, targets: [{ ...target, model: 'big' }] }] });
    const attempt = { provider: 'p', model: 'big', startedAtMs: 0, latencyMs: 30 };
    const attempts = [
      { ...attempt, outcome: 'status-429' },
      { ...attempt, outcome: 'ok' },
    ];
    metrics.record(decision({ route: { policy: 'priority', ranked: [], attempts } }));
    const text = await metrics.render();
    expect(text).toContain('nearhit_upstream_attempts_total{provider="p",outcome="status-429"} 1');
    expect(text).toContain('nearhit_upstream_attempts_total{provider="p",outcome="ok"} 1');
    expect(text).toContain('nearhit_upstream_attempt_duration_seconds_count{provider="p"} 2');
    expect(text).toContain('nearhit_provider_in_flight{provider="p"} 4');
    expect(text).toContain('nearhit_target_open{provider="p",model="big"} 1');
  });

  test('label namespaces and models where that is asked for: those configured, the first others, the rest as one', async () => {
    const plain = createMetrics({ process: false });
    const labelled = createMetrics({ process: false, namespaces: ['support'], models: ['m'] });
    for (let i = 0; i < 100; i += 1) {
      for (const metrics of [plain, labelled]) metrics.record(decision({ namespace: `n${i}` }));
    }
    labelled.record(decision({ namespace: 'support', model: 'x' }));
    expect(samples(await plain.render(), 'nearhit_requests_total')).toHaveLength(1);
    const told = samples(await labelled.render(), 'nearhit_requests_total');
    expect(told).toHaveLength(16 + 1 + 1);
    expect(told[0]).toContain('namespace="n0",model="m"} 1');
    expect(told.at(-2)).toContain('namespace="other",model="m"} 84');
    expect(told.at(-1)).toContain('namespace="support",model="x"} 1');
  });

  test('stay bounded whatever reasons and incidents are invented', async () => {
    const metrics = createMetrics({ process: false });
    for (let i = 0; i < 1000; i += 1) {
      metrics.record(decision({ reason: `guard:g${i}` }));
      metrics.incident(`i${i}`);
    }
    const text = await metrics.render();
    expect(samples(text, 'nearhit_requests_total').length).toBeLessThanOrEqual(65);
    expect(samples(text, 'nearhit_incidents_total').length).toBeLessThanOrEqual(65);
    expect(text).toContain('nearhit_incidents_total{name="other"} 936');
  });

  test('cumulate buckets up to +Inf, a bound included', async () => {
    const metrics = createMetrics({ process: false });
    for (const latencyMs of [0.5, 0.6, 60_000, 90_000]) metrics.record(decision({ latencyMs }));
    const text = await metrics.render();
    const name = 'nearhit_request_duration_seconds';
    for (const [le, count] of [
      ['0.0005', 1],
      ['0.001', 2],
      ['30', 2],
      ['60', 3],
      ['+Inf', 4],
    ])
      expect(text).toContain(`${name}_bucket{le="${le}",outcome="miss"} ${count}\n`);
    expect(text).toContain(`${name}_sum{outcome="miss"} 150.0011\n`);
    expect(text).toContain(`# TYPE ${name} histogram\n`);
  });

  test('do not take in what is no number', async () => {
    const metrics = createMetrics({ process: false });
    const none = Number.NaN;
    const usage = { promptTokens: none, completionTokens: -1 };
    metrics.record(decision({ latencyMs: none, overheadMs: none, costUsd: none, savedUsd: none, usage }));
    metrics.record(decision());
    const text = await metrics.render();
    expect(text).not.toContain('NaN');
    expect(text).toContain('nearhit_cost_usd_total 0.5\n');
    expect(text).toContain('nearhit_tokens_total{kind="output",use="spent"} 20\n');
    expect(text).toContain('nearhit_request_duration_seconds_count{outcome="miss"} 1\n');
  });

  test('read gauges at each scrape, and leave out one that fails', async () => {
    let depth = 3;
    const metrics = createMetrics({
      process: false,
      sources: {
        queueDepth: () => depth,
        entries: async () => 7,
        bytes: () => {
          throw new Error('store closed');
        },
      },
    });
    expect(await metrics.render()).toContain('nearhit_write_queue_depth 3');
    depth = 4;
    const text = await metrics.render();
    expect(text).toContain('nearhit_write_queue_depth 4');
    expect(text).toContain('nearhit_entries 7');
    expect(samples(text, 'nearhit_entry_bytes')).toEqual([]);
    expect(text).not.toContain('nearhit_index_vectors');
  });

  test('tell about the process unless told not to', async () => {
    expect(await createMetrics().render()).toContain('process_cpu_seconds_total');
  });
});
