import { type DecisionRecord, type RouteAttempt, within } from '@nearhit/core';
import {
  type Context,
  type HrTime,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent, setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { attemptAttributes, operationOf, routeOf, serverAttributes } from './attributes.ts';
import { beginning, PresetIds } from './begin.ts';
import type { Telemetry, TelemetrySettings, TracedCall, TracedJob } from './settings.ts';

const CLOSE_MS = 3000;
/** Of one batch, retries included. */
const EXPORT_MS = 5000;
const QUIET_MS = 10_000;

/** Spans are made when a request is over, with the times that it took: nothing is held open meanwhile. */
export function createTracing(settings: TelemetrySettings & { readonly otlpEndpoint: string }): Telemetry {
  const ids = new PresetIds();
  const root = new TraceIdRatioBasedSampler(settings.sampleRatio);
  const provider = providerOf(settings, root, ids);
  const tracer = provider.getTracer('nearhit', settings.version);
  const tell = teller(settings.onError);
  // The SDK knows one handler for all; without one it says nothing.
  setGlobalErrorHandler(tell);
  return {
    begin: (traceparent) => beginning(traceparent, ids, root),
    record: (decision) => {
      ids.preset(decision.span);
      spansOf(decision, tracer);
      // Under a parent its trace id was not asked for.
      ids.preset(undefined);
    },
    served: (call) => callSpan(call, tracer),
    worked: (job) => jobSpan(job, tracer),
    incident() {},
    close: () =>
      within(provider.shutdown(), CLOSE_MS, () => new Error('the collector did not answer in time')).catch(tell),
  };
}

function providerOf(
  { otlpEndpoint, serviceName, version }: TelemetrySettings & { otlpEndpoint: string },
  root: Sampler,
  idGenerator: IdGenerator,
) {
  return new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    sampler: new ParentBasedSampler({ root }),
    idGenerator,
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: tracesUrl(otlpEndpoint), timeoutMillis: EXPORT_MS })),
    ],
  });
}

/** As OTEL_EXPORTER_OTLP_ENDPOINT means it; an address that is whole already stays as it is. */
function tracesUrl(endpoint: string): string {
  const base = endpoint.replace(/\/+$/, '');
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`;
}

type Told = Parameters<Parameters<typeof setGlobalErrorHandler>[0]>[0];

function teller(onError: ((why: string) => void) | undefined): (error: Told) => void {
  let lastAtMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    const nowMs = performance.now();
    if (onError === undefined || nowMs - lastAtMs < QUIET_MS) return;
    lastAtMs = nowMs;
    onError(typeof error === 'string' ? error : (error.message ?? error.name ?? 'unknown'));
  };
}

function spansOf(decision: DecisionRecord, tracer: Tracer): void {
  const { atMs, latencyMs, status } = decision;
  const batch = decision.endpoint === 'batch';
  const options = {
    kind: batch ? SpanKind.INTERNAL : SpanKind.SERVER,
    startTime: hrTime(atMs - latencyMs),
    attributes: serverAttributes(decision),
  };
  const name = batch ? 'batch request' : `POST ${routeOf(decision)}`;
  const server = tracer.startSpan(name, options, parentOf(decision));
  if (server.isRecording()) {
    const context = trace.setSpan(ROOT_CONTEXT, server);
    const attempts = attemptsOf(decision);
    const answering = attempts.findLastIndex(({ outcome }) => outcome === 'ok');
    for (const [at, attempt] of attempts.entries())
      attemptSpan(decision, attempt, { tracer, context, answers: at === answering });
  }
  if (status >= 500 || decision.outcome === 'error') server.setStatus({ code: SpanStatusCode.ERROR });
  server.end(hrTime(atMs));
}

/** Where the route tells of no attempt: the one call that there must have been. */
function attemptsOf(decision: DecisionRecord): readonly RouteAttempt[] {
  const { route, provider, shared, outcome, attempts = 1 } = decision;
  if (shared === true || outcome === 'hit' || outcome === 'stale') return [];
  if (route !== undefined) return route.attempts;
  if (provider === undefined || attempts === 0) return [];
  const { atMs, latencyMs, overheadMs, status, model, upstreamModel = model } = decision;
  return [
    {
      ...{ provider, model: upstreamModel, status, outcome: status < 400 ? 'ok' : `status-${status}` },
      startedAtMs: atMs - latencyMs + Math.min(overheadMs, latencyMs),
      latencyMs: Math.max(0, latencyMs - overheadMs),
    },
  ];
}

function attemptSpan(
  decision: DecisionRecord,
  attempt: RouteAttempt,
  { tracer, context, answers }: { tracer: Tracer; context: Context; answers: boolean },
): void {
  const options = {
    kind: SpanKind.CLIENT,
    startTime: hrTime(attempt.startedAtMs),
    attributes: attemptAttributes(decision, attempt, answers),
  };
  const span = tracer.startSpan(`${operationOf(decision)} ${attempt.model}`, options, context);
  if (attempt.outcome !== 'ok') span.setStatus({ code: SpanStatusCode.ERROR, message: attempt.outcome });
  span.end(hrTime(attempt.startedAtMs + attempt.latencyMs));
}

/** Of a service behind the ingress. */
function callSpan({ method, path, status, startedAtMs, endedAtMs, ...call }: TracedCall, tracer: Tracer): void {
  const options = {
    kind: SpanKind.SERVER,
    startTime: hrTime(startedAtMs),
    attributes: { 'http.request.method': method, 'http.route': path, 'http.response.status_code': status },
  };
  const span = tracer.startSpan(`${method} ${path}`, options, parentOf(call));
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(hrTime(endedAtMs));
}

function jobSpan({ queue, startedAtMs, endedAtMs, failed, ...job }: TracedJob, tracer: Tracer): void {
  const options = {
    kind: SpanKind.CONSUMER,
    startTime: hrTime(startedAtMs),
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.destination.name': queue,
      'messaging.operation.type': 'process',
    },
  };
  const span = tracer.startSpan(`process ${queue}`, options, parentOf(job));
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(hrTime(endedAtMs));
}

function parentOf({ traceparent }: { readonly traceparent?: string | undefined }): Context {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

/** A bare number of before this process would be taken for one of its own clock. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
