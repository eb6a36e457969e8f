import { type DecisionRecord, isUsageSaved, type Observer } from '@nearhit/core';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Read at each scrape; one that fails is left out of that scrape. */
export interface MetricSources {
  readonly entries?: (() => number | Promise<number>) | undefined;
  readonly bytes?: (() => number | Promise<number>) | undefined;
  readonly queueDepth?: (() => number | Promise<number>) | undefined;
  readonly indexVectors?: (() => number | Promise<number>) | undefined;
  readonly l1Bytes?: (() => number | Promise<number>) | undefined;
}

export interface MetricsOptions {
  readonly sources?: MetricSources | undefined;
  /** Label requests with these namespaces; others count as `other`. Absent: no such label. */
  readonly namespaces?: readonly string[] | undefined;
  /** Label requests with these models; others count as `other`. Absent: no such label. */
  readonly models?: readonly string[] | undefined;
  /** Figures of the process: memory, CPU, event loop, garbage collection. Default true. */
  readonly process?: boolean | undefined;
}

/** Prometheus. Hears every decision as an Observer, answers a scrape with `render()`. */
export interface Metrics extends Observer {
  readonly contentType: string;
  render(): Promise<string>;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const OVERHEAD_SECONDS = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const NAMES_MAX = 64;

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  if (options.process !== false) collectDefaultMetrics({ register: registry });
  const counters = makeCounters(registry, options);
  makeGauges(registry, options.sources ?? {});
  const reasonLabel = bounded();
  const incidentLabel = bounded();
  const where = placeLabels(options);
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    record(decision) {
      const { outcome, layer = '', usage } = decision;
      counters.requests.inc({ outcome, layer, reason: reasonLabel(reasonClass(decision.reason)), ...where(decision) });
      counters.duration.observe({ outcome }, decision.latencyMs / 1000);
      counters.overhead.observe({ outcome }, decision.overheadMs / 1000);
      if (usage !== undefined) {
        const use = isUsageSaved(decision) ? 'saved' : 'spent';
        counters.tokens.inc({ kind: 'input', use }, usage.promptTokens);
        counters.tokens.inc({ kind: 'output', use }, usage.completionTokens);
      }
      counters.cost.inc(decision.costUsd);
      counters.saved.inc(decision.savedUsd);
    },
    incident(name) {
      counters.incidents.inc({ name: incidentLabel(name) });
    },
  };
}

function makeCounters(registry: Registry, options: MetricsOptions) {
  const registers = [registry];
  const places = [...(options.namespaces ? ['namespace'] : []), ...(options.models ? ['model'] : [])];
  return {
    requests: new Counter({
      name: 'nearhit_requests_total',
      help: 'Requests by outcome, cache layer of a hit, and class of the reason why not served from the cache.',
      labelNames: ['outcome', 'layer', 'reason', ...places],
      registers,
    }),
    duration: new Histogram({
      name: 'nearhit_request_duration_seconds',
      help: 'From the whole request read to the last byte written.',
      labelNames: ['outcome'],
      buckets: SECONDS,
      registers,
    }),
    overhead: new Histogram({
      name: 'nearhit_overhead_seconds',
      help: 'Time spent in nearhit, upstream excluded.',
      labelNames: ['outcome'],
      buckets: OVERHEAD_SECONDS,
      registers,
    }),
    tokens: new Counter({
      name: 'nearhit_tokens_total',
      help: 'Tokens as providers counted them: spent upstream, or saved by the cache.',
      labelNames: ['kind', 'use'],
      registers,
    }),
    cost: new Counter({ name: 'nearhit_cost_usd_total', help: 'Spent upstream, in USD.', registers }),
    saved: new Counter({ name: 'nearhit_saved_usd_total', help: 'Saved by the cache, in USD.', registers }),
    incidents: new Counter({
      name: 'nearhit_incidents_total',
      help: 'Failures that were survived, by name.',
      labelNames: ['name'],
      registers,
    }),
  };
}

const GAUGES = {
  entries: ['nearhit_entries', 'Stored answers.'],
  bytes: ['nearhit_entry_bytes', 'Accounted bytes of stored answers.'],
  queueDepth: ['nearhit_write_queue_depth', 'Answers that wait to be stored.'],
  indexVectors: ['nearhit_index_vectors', 'Vectors in the nearest-neighbour index.'],
  l1Bytes: ['nearhit_l1_bytes', 'Accounted bytes of the memory layer.'],
} as const satisfies Record<keyof MetricSources, readonly [string, string]>;

function makeGauges(registry: Registry, sources: MetricSources): void {
  for (const source of Object.keys(GAUGES) as (keyof typeof GAUGES)[]) {
    const read = sources[source];
    if (read === undefined) continue;
    const [name, help] = GAUGES[source];
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(await read());
        } catch {
          this.remove();
        }
      },
    });
  }
}

/** `not-cacheable:temperature` counts as `not-cacheable`; guards are few and worth their own line. */
function reasonClass(reason: string | undefined): string {
  if (reason === undefined) return '';
  return reason.startsWith('guard:') ? reason : (reason.split(':', 1)[0] ?? '');
}

/** Label values out of a set that cannot grow without end. */
function bounded(): (name: string) => string {
  const seen = new Set<string>();
  return (name) => {
    if (seen.has(name)) return name;
    if (seen.size >= NAMES_MAX) return 'other';
    seen.add(name);
    return name;
  };
}

function placeLabels(options: MetricsOptions): (decision: DecisionRecord) => Record<string, string> {
  const namespaces = options.namespaces && new Set(options.namespaces);
  const models = options.models && new Set(options.models);
  return ({ namespace, model }) => ({
    ...(namespaces && { namespace: namespaces.has(namespace) ? namespace : 'other' }),
    ...(models && { model: models.has(model) ? model : 'other' }),
  });
}
