import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DecisionRecord } from '@nearhit/core';
import { openTelemetry, type Telemetry, type TelemetrySettings } from './index.ts';

type Value = { stringValue?: string; intValue?: number; doubleValue?: number; boolValue?: boolean };
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Value }[];
  readonly status: { readonly code?: number };
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

/** Takes OTLP as JSON, as a collector does. */
class Collector {
  readonly exports: { path: string | undefined; headers: IncomingHttpHeaders; body: Export }[] = [];
  status = 200;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (req, res) => {
      let text = '';
      for await (const chunk of req.setEncoding('utf8')) text += chunk;
      this.exports.push({ path: req.url, headers: req.headers, body: JSON.parse(text) });
      res.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get spans(): Span[] {
    return this.exports.flatMap(({ body }) =>
      body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

const closers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closers.splice(0).reverse()) await one.close();
});

const SETTINGS: TelemetrySettings = { serviceName: 'gateway', sampleRatio: 1, version: '1.2.3' };

async function start(changes: Partial<TelemetrySettings> = {}) {
  const collector = new Collector();
  closers.push(collector);
  const otlpEndpoint = await collector.start();
  const telemetry = (await openTelemetry({ ...SETTINGS, otlpEndpoint, ...changes })) as Telemetry;
  closers.push(telemetry);
  return { collector, telemetry };
}

const AT_MS = Date.UTC(2025, 0, 6, 12);

function decision(changes: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    ...{ requestId: 'r-1', atMs: AT_MS, tenant: 'acme', namespace: 'support', model: 'gpt-4o', outcome: 'miss' },
    ...{ reason: 'below-threshold', similarity: 0.81, threshold: 0.9, query: 'a secret question', stream: true },
    ...{ status: 200, provider: 'main', upstreamModel: 'gpt-4o-2024', attempts: 2, costUsd: 0.5, savedUsd: 0 },
    usage: { promptTokens: 11, completionTokens: 7 },
    ...{ latencyMs: 250.5, firstByteMs: 90, overheadMs: 0.5 },
    ...changes,
  } as DecisionRecord;
}

const route: DecisionRecord['route'] = {
  policy: 'priority',
  ranked: [],
  attempts: [
    {
      ...{ provider: 'first', model: 'gpt-4o', outcome: 'status-429', status: 429 },
      startedAtMs: AT_MS - 250,
      latencyMs: 40,
    },
    {
      ...{ provider: 'gemini', model: 'flash', outcome: 'ok', status: 200 },
      startedAtMs: AT_MS - 205,
      latencyMs: 200.25,
    },
  ],
};

const attributesOf = ({ attributes }: Pick<Span, 'attributes'>): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

describe('telemetry', () => {
  test('is nothing where no endpoint is set', async () => {
    expect(await openTelemetry(SETTINGS)).toBeUndefined();
    expect(await openTelemetry({ ...SETTINGS, otlpEndpoint: '' })).toBeUndefined();
  });

  test('a request is a server span, each upstream call a client span under it, under the client’s own', async () => {
    const { collector, telemetry } = await start();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    telemetry.record(decision({ traceparent, route }));
    await telemetry.close();
    expect(collector.exports[0]).toMatchObject({ path: '/v1/traces', headers: { 'content-type': 'application/json' } });
    const [resource] = collector.exports[0]?.body.resourceSpans ?? [];
    expect(attributesOf(resource?.resource as Span)).toMatchObject({
      ...{ 'service.name': 'gateway', 'service.version': '1.2.3' },
    });
    const spans = new Map(collector.spans.map((span) => [span.name, span]));
    const server = spans.get('POST /v1/chat/completions') as Span;
    expect(server).toMatchObject({
      ...{ traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331', kind: 2 },
      startTimeUnixNano: `${BigInt(AT_MS) * 1_000_000n - 250_500_000n}`,
      endTimeUnixNano: `${BigInt(AT_MS) * 1_000_000n}`,
    });
    expect(attributesOf(server)).toMatchObject({
      ...{ 'http.request.method': 'POST', 'http.route': '/v1/chat/completions', 'http.response.status_code': 200 },
      ...{
        'nearhit.cache.outcome': 'miss',
        'nearhit.cache.reason': 'below-threshold',
        'nearhit.cache.similarity': 0.81,
      },
      ...{
        'nearhit.request_id': 'r-1',
        'nearhit.tenant': 'acme',
        'nearhit.namespace': 'support',
        'nearhit.attempts': 2,
      },
    });
    const failed = spans.get('chat gpt-4o') as Span;
    expect(failed).toMatchObject({ parentSpanId: server.spanId, kind: 3, status: { code: 2 } });
    expect(attributesOf(failed)).toMatchObject({ 'error.type': 'status-429', 'gen_ai.provider.name': 'first' });
    expect(attributesOf(failed)).not.toHaveProperty(['gen_ai.usage.input_tokens']);
    const answered = spans.get('chat flash') as Span;
    expect(answered).toMatchObject({
      ...{ traceId: server.traceId, parentSpanId: server.spanId, kind: 3 },
      startTimeUnixNano: `${BigInt(AT_MS) * 1_000_000n - 205_000_000n}`,
      endTimeUnixNano: `${BigInt(AT_MS) * 1_000_000n - 4_750_000n}`,
    });
    expect(attributesOf(answered)).toMatchObject({
      ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'gcp.gemini', 'gen_ai.system': 'gcp.gemini' },
      ...{ 'gen_ai.request.model': 'flash', 'gen_ai.response.model': 'gpt-4o-2024' },
      ...{ 'gen_ai.usage.input_tokens': 11, 'gen_ai.usage.output_tokens': 7 },
    });
    expect(JSON.stringify(collector.exports)).not.toContain('secret');
  });

  test('what is begun before a request is over is where its span, and those of other services, end up', async () => {
    const { collector, telemetry } = await start();
    const from = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const spans = [telemetry.begin(from), telemetry.begin(), telemetry.begin('nonsense')];
    const [under, fresh] = spans as [string, string];
    expect(under).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    for (const span of spans) expect(span).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(new Set(spans.map((span) => span.slice(36, 52))).size).toBe(3);
    const at = { startedAtMs: AT_MS, endedAtMs: AT_MS + 3 };
    telemetry.record(decision({ traceparent: from, span: under, outcome: 'hit' }));
    telemetry.served({ traceparent: fresh, method: 'POST', path: '/internal/v1/embed', status: 503, ...at });
    telemetry.record(decision({ span: fresh, outcome: 'hit' }));
    telemetry.worked({ traceparent: fresh, queue: 'writes', failed: false, ...at });
    telemetry.record(decision({ outcome: 'hit' }));
    await telemetry.close();
    const idsOf = (name: string) =>
      collector.spans
        .filter((span) => span.name === name)
        .map(({ traceId, spanId, parentSpanId, kind }) => {
          return [`00-${traceId}-${spanId}-01`, parentSpanId, kind];
        });
    const [asked, begun, other] = idsOf('POST /v1/chat/completions');
    expect([asked, begun]).toEqual([
      [under, 'b7ad6b7169203331', 2],
      [fresh, undefined, 2],
    ]);
    expect(spans).not.toContain(other?.[0]);
    const parent = fresh.slice(36, 52);
    expect(idsOf('POST /internal/v1/embed')).toEqual([[expect.stringContaining(fresh.slice(3, 35)), parent, 2]]);
    expect(idsOf('process writes')).toEqual([[expect.stringContaining(fresh.slice(3, 35)), parent, 5]]);
    expect(collector.spans.filter(({ status }) => status.code === 2).map(({ name }) => name)).toEqual([
      'POST /internal/v1/embed',
    ]);
  });

  test('what is begun is sampled as its record will be', async () => {
    const { collector, telemetry } = await start({ sampleRatio: 0.5 });
    const spans = Array.from({ length: 200 }, () => telemetry.begin());
    for (const span of spans) telemetry.record(decision({ span, outcome: 'hit' }));
    expect(telemetry.begin('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00')).toMatch(/-00$/);
    await telemetry.close();
    const sampled = spans.filter((span) => span.endsWith('-01')).map((span) => span.slice(36, 52));
    expect(sampled.length).toBeGreaterThan(0);
    expect(sampled.length).toBeLessThan(200);
    expect(collector.spans.map(({ spanId }) => spanId).sort()).toEqual(sampled.sort());
  });

  test('a hit and a shared call have no client span; one without a route has the one that there was', async () => {
    const { collector, telemetry } = await start();
    telemetry.record(decision({ outcome: 'hit', layer: 'semantic' }));
    telemetry.record(decision({ shared: true, route }));
    telemetry.record(decision({ endpoint: 'embeddings', outcome: 'bypass' }));
    telemetry.record(decision({ outcome: 'error', status: 502, provider: undefined }));
    await telemetry.close();
    const names = collector.spans.map(({ name, kind }) => `${kind} ${name}`).sort();
    expect(names).toEqual([
      ...['2 POST /v1/chat/completions', '2 POST /v1/chat/completions', '2 POST /v1/chat/completions'],
      ...['2 POST /v1/embeddings', '3 embeddings gpt-4o-2024'],
    ]);
    expect(collector.spans.filter(({ status }) => status.code === 2)).toHaveLength(1);
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(4);
  });

  test('samples; a parent decides for its own', async () => {
    const { collector, telemetry } = await start({ sampleRatio: 0 });
    telemetry.record(decision({ route }));
    telemetry.record(decision({ route, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' }));
    telemetry.record(decision({ route, traceparent: '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }));
    telemetry.record(decision({ route, traceparent: 'nonsense' }));
    await telemetry.close();
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(
      new Set(['1af7651916cd43dd8448eb211c80319c']),
    );
  });

  test('a collector that is not there costs nothing but a word', async () => {
    const told: string[] = [];
    const telemetry = (await openTelemetry({
      ...{ ...SETTINGS, otlpEndpoint: 'http://127.0.0.1:1/v1/traces' },
      onError: (why) => told.push(why),
    })) as Telemetry;
    telemetry.record(decision());
    await telemetry.close();
    expect(told).toHaveLength(1);
  });

  test('a collector that refuses is told of once', async () => {
    const told: string[] = [];
    const { collector, telemetry } = await start({ onError: (why) => told.push(why) });
    collector.status = 400;
    telemetry.record(decision());
    await telemetry.close();
    expect(collector.exports).toHaveLength(1);
    expect(told).toHaveLength(1);
  });
});
