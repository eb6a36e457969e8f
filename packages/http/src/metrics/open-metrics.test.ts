import { expect, test } from '@jest/globals';
import type { DecisionRecord } from '@nearhit/core';
import fc from 'fast-check';
import { prefersOpenMetrics } from './accept.ts';
import { createMetrics } from './metrics.ts';

/** As Prometheus 3 sends it. */
const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const OPEN = 'application/openmetrics-text';
const AT_MS = Date.UTC(2026, 0, 6);

const decision = (changes: Partial<DecisionRecord>): DecisionRecord => ({
  ...{ requestId: 'req-1', atMs: AT_MS, tenant: 't', namespace: 'n', model: 'm', outcome: 'hit', threshold: 0.9 },
  ...{ query: 'a secret', stream: false, status: 200, costUsd: 0, savedUsd: 0, firstByteMs: 1, overheadMs: 1 },
  latencyMs: 20,
  ...changes,
});

test.each([
  [PROMETHEUS, true],
  [OPEN, true],
  [`text/plain;q=0.5, ${OPEN};q=0.4`, false],
  [`${OPEN};q=0, text/plain`, false],
  [`${OPEN};q=nonsense`, false],
  ['*/*', false],
  ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  ['', false],
  [undefined, false],
])('%s: %s', (accept, prefers) => {
  expect(prefersOpenMetrics(accept)).toBe(prefers);
});

test('no Accept header is too odd', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof prefersOpenMetrics(text) === 'boolean'));
});

test('the last request of each bucket is an exemplar, with its trace where it had one', async () => {
  const metrics = createMetrics({ process: false });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  metrics.record(decision({ requestId: 'early' }));
  metrics.record(decision({ requestId: 'late', traceparent, latencyMs: 21 }));
  metrics.record(decision({ requestId: 'slow "one"\n', latencyMs: 90_000 }));
  const { contentType, text } = await metrics.scrape(PROMETHEUS);
  expect(contentType).toContain(OPEN);
  expect(text).toContain(
    'nearhit_request_duration_seconds_bucket{le="0.025",outcome="hit"} 2 # ' +
      `{request_id="late",trace_id="0af7651916cd43dd8448eb211c80319c"} 0.021 ${AT_MS / 1000}\n`,
  );
  expect(text).toContain(`{le="+Inf",outcome="hit"} 3 # {request_id="slow \\"one\\"\\n"} 90 ${AT_MS / 1000}\n`);
  expect(text).not.toContain('early');
  expect(text).toContain('# TYPE nearhit_requests counter\n');
  expect(text).toContain('nearhit_requests_total{outcome="hit"');
  expect(text.endsWith('# EOF\n')).toBe(true);
});

test('who does not ask for them gets none, and the names stay what they are', async () => {
  const metrics = createMetrics();
  metrics.record(decision({}));
  await metrics.scrape(OPEN);
  const { contentType, text } = await metrics.scrape('text/plain');
  expect(contentType).toContain('version=0.0.4');
  expect(text).not.toContain('req-1');
  expect(text).toContain('# TYPE nearhit_requests_total counter\n');
  expect(text).toMatch(/^process_cpu_seconds_total \d/m);
  expect((await metrics.scrape(OPEN)).text).toMatch(
    /^# TYPE process_cpu_seconds counter\n(?:process_cpu_seconds_total)/m,
  );
});

test('an exemplar is no longer than it may be, whatever clients call their requests', async () => {
  const metrics = createMetrics({ process: false });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  metrics.record(decision({ requestId: 'r'.repeat(500), traceparent }));
  const { text } = await metrics.scrape(OPEN);
  const [, labels = ''] = /# \{(.*)\} 0\.02 /.exec(text) ?? [];
  expect(labels.replaceAll(/[=",]/g, '').length).toBeLessThanOrEqual(128);
  expect(labels).toContain('trace_id=');
});
