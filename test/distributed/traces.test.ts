import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Collector, type Span } from '../support/collector.ts';
import { Deployment } from '../support/deployment.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';

let collector: Collector;
let upstream: FakeUpstream;
let deployment: Deployment;

beforeAll(async () => {
  collector = await Collector.start();
  upstream = await FakeUpstream.start();
  deployment = await Deployment.start({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url },
  });
}, 90_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
  await collector?.close();
});

const BEHIND = ['POST /internal/v1/embed', 'POST /internal/v1/nearest', 'process writes'];
const kinds = (spans: readonly Span[]) => spans.map(({ name, kind }) => `${kind} ${name}`).sort();

/** The ingress' span, once everything behind it has told of its own. */
async function whole(traceId: () => string | undefined): Promise<Span> {
  const isThere = (name: string) => collector.of(traceId() ?? '').some((span) => span.name === name);
  await until('the trace is whole', () => ['POST /v1/chat/completions', ...BEHIND].every(isThere), 30_000);
  return collector.of(traceId() ?? '').find(({ name }) => name === 'POST /v1/chat/completions') as Span;
}

test('a question that is new is one trace, the client’s, through ingress, embedding, cache and worker', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const question = 'Which secret word opens the gate of the castle?';
  await deployment.ingress().ask(question, {}, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  const server = await whole(() => traceId);
  expect(server).toMatchObject({ kind: 2, parentSpanId: 'b7ad6b7169203331' });
  const others = collector.of(traceId).filter((span) => span !== server);
  expect(kinds(others)).toEqual([
    ...['2 POST /internal/v1/embed', '2 POST /internal/v1/nearest', '3 chat m', '5 process writes'],
  ]);
  for (const { parentSpanId } of others) expect(parentSpanId).toBe(server.spanId);
  expect(collector.text).not.toContain('secret word');
}, 60_000);

test('without a trace of the client’s one begins here, which the exemplars name', async () => {
  const gateway = deployment.ingress();
  const { headers } = await gateway.ask('How deep is the moat around the castle?');
  const { text } = await gateway.send('GET', '/metrics', undefined, { accept: 'application/openmetrics-text' });
  const pattern = new RegExp(`# \\{request_id="${headers['x-request-id']}",trace_id="([0-9a-f]{32})"\\}`);
  const [, traceId] = pattern.exec(text) ?? [];
  const server = await whole(() => traceId);
  expect(server.parentSpanId).toBeUndefined();
  for (const span of collector.of(server.traceId)) if (span !== server) expect(span.parentSpanId).toBe(server.spanId);
}, 60_000);

test('a trace that its client does not sample is sampled nowhere', async () => {
  const traceId = '1af7651916cd43dd8448eb211c80319c';
  const gateway = deployment.ingress();
  await gateway.ask('Who built the castle?', {}, { traceparent: `00-${traceId}-b7ad6b7169203331-00` });
  await gateway.flush();
  const seen = collector.spans.length;
  await gateway.ask('When was the bridge of the castle built?');
  // What was made before it has been sent with it.
  await until(
    'later spans have come',
    () => collector.spans.slice(seen).filter(({ kind }) => kind === 5).length > 0,
    30_000,
  );
  await until('the ingress has sent its own', () => collector.spans.slice(seen).some(({ kind }) => kind === 3), 30_000);
  expect(collector.of(traceId)).toEqual([]);
}, 60_000);
