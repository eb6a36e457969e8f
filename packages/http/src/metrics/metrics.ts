import { type DecisionRecord, isUsageSaved, type Observer, type RouteAttempt } from '@nearhit/core';
import { Exposition, type MetricSource, type Scrape } from './exposition.ts';
import { gaugesOf, type MetricSources } from './gauges.ts';
import { bounded, CounterTally, HistogramTally, IncidentTally } from './tallies.ts';

export interface MetricsOptions {
  readonly sources?: MetricSources | undefined;
  /** Beside the house's own. */
  readonly more?: readonly MetricSource[] | undefined;
  /** Label requests with these namespaces and the first 16 others; what comes later counts as `other`. Absent: no such label. */
  readonly namespaces?: readonly string[] | undefined;
  /** The same for the models that are asked for. */
  readonly models?: readonly string[] | undefined;
  /** Figures of the process: memory, CPU, event loop, garbage collection. Default true. */
  readonly process?: boolean | undefined;
}

/** Prometheus. Hears every decision as an Observer, answers a scrape. */
export interface Metrics extends Observer {
  /** `accept`: the scraper's header; exemplars for who reads OpenMetrics. */
  scrape(accept?: string): Promise<Scrape>;
  /** Prometheus' text format. */
  render(): Promise<string>;
  /** More of the house to be read at each scrape; each once. */
  watch(sources: MetricSources): void;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const OVERHEAD_SECONDS = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const exposition = new Exposition(options.process !== false);
  const requests = new RequestTally(options);
  const incidents = new IncidentTally();
  const sources = [...requests.sources(), incidents, ...gaugesOf(options.sources ?? {}), ...(options.more ?? [])];
  for (const source of sources) exposition.expose(source);
  return {
    scrape: (accept) => exposition.scrape(accept),
    render: async () => (await exposition.scrape()).text,
    watch: (more) => {
      for (const source of gaugesOf(more)) exposition.expose(source);
    },
    record: (decision) => requests.add(decision),
    incident: (name) => incidents.add(name),
  };
}

/** Clients make up namespaces and models as they like: so many beside those that are configured. */
const PLACES_MAX = 16;

const DURATION = 'nearhit_request_duration_seconds';
const OVERHEAD = 'nearhit_overhead_seconds';
const ATTEMPT = 'nearhit_upstream_attempt_duration_seconds';

/** What decisions add up to. */
class RequestTally {
  readonly #requests = new CounterTally();
  readonly #duration = new HistogramTally(DURATION, 'outcome', SECONDS);
  readonly #overhead = new HistogramTally(OVERHEAD, 'outcome', OVERHEAD_SECONDS);
  readonly #tokens = new CounterTally();
  readonly #attempts = new CounterTally();
  readonly #attemptDuration = new HistogramTally(ATTEMPT, 'provider', SECONDS);
  readonly #kept = new CounterTally();
  readonly #reason = bounded();
  readonly #namespace: ((name: string) => string) | undefined;
  readonly #model: ((name: string) => string) | undefined;
  #costUsd = 0;
  #savedUsd = 0;
  #identityHits = 0;

  constructor({ namespaces, models }: MetricsOptions) {
    this.#namespace = namespaces && bounded(PLACES_MAX, namespaces);
    this.#model = models && bounded(PLACES_MAX, models);
  }

  add(decision: DecisionRecord): void {
    const { outcome, usage, costUsd, savedUsd } = decision;
    this.#count(decision);
    if (decision.stage === 'identity') this.#identityHits += 1;
    this.#duration.observe(outcome, decision.latencyMs / 1000, decision);
    this.#overhead.observe(outcome, decision.overheadMs / 1000);
    if (usage !== undefined) {
      const use = isUsageSaved(decision) ? 'saved' : 'spent';
      this.#tokens.add(`input ${use}`, () => ({ kind: 'input', use }), usage.promptTokens);
      this.#tokens.add(`output ${use}`, () => ({ kind: 'output', use }), usage.completionTokens);
    }
    const kept = decision.notStored ?? (decision.exactOnly && `exact-only:${decision.exactOnly}`);
    if (kept !== undefined && decision.shared !== true) {
      const reason = this.#reason(kept);
      this.#kept.add(reason, () => ({ reason }));
    }
    for (const attempt of decision.route?.attempts ?? []) this.#countAttempt(attempt);
    if (Number.isFinite(costUsd)) this.#costUsd += costUsd;
    if (Number.isFinite(savedUsd)) this.#savedUsd += savedUsd;
  }

  #count(decision: DecisionRecord): void {
    const { outcome, reason, namespace, model } = decision;
    const layer: string = decision.layer ?? '';
    const why = this.#reason(reasonClass(reason));
    const space = this.#namespace?.(namespace);
    const name = this.#model?.(model);
    this.#requests.add(`${outcome}\n${layer}\n${why}\n${space ?? ''}\n${name ?? ''}`, () => ({
      ...{ outcome, layer, reason: why },
      ...(space !== undefined && { namespace: space }),
      ...(name !== undefined && { model: name }),
    }));
  }

  #countAttempt({ provider, outcome, latencyMs }: RouteAttempt): void {
    const why = this.#reason(outcome);
    this.#attempts.add(`${provider}\n${why}`, () => ({ provider, outcome: why }));
    this.#attemptDuration.observe(provider, latencyMs / 1000);
  }

  sources(): MetricSource[] {
    const counter = (name: string, help: string, read: MetricSource['read']): MetricSource => ({
      ...{ name, help, kind: 'counter', read },
    });
    return [
      counter(
        'nearhit_requests_total',
        'Requests by outcome, cache layer of a hit, and class of the reason why not served from the cache.',
        () => this.#requests.samples(),
      ),
      counter(
        'nearhit_identity_hits_total',
        'Hits of layer semantic that are the same question but for its form: found without a model.',
        () => this.#identityHits,
      ),
      {
        name: DURATION,
        help: 'From the whole request read to the last byte written.',
        kind: 'histogram',
        read: () => this.#duration.samples(),
      },
      {
        name: OVERHEAD,
        help: 'Time spent in nearhit, upstream excluded.',
        kind: 'histogram',
        read: () => this.#overhead.samples(),
      },
      counter('nearhit_tokens_total', 'Tokens as providers counted them: spent upstream, or saved by the cache.', () =>
        this.#tokens.samples(),
      ),
      counter(
        'nearhit_answers_kept_back_total',
        'Answers of misses that were not stored, by the reason; with `exact-only:` those found word for word only.',
        () => this.#kept.samples(),
      ),
      counter('nearhit_upstream_attempts_total', 'Calls made to providers, by how they ended.', () =>
        this.#attempts.samples(),
      ),
      {
        name: ATTEMPT,
        help: 'Calls made to providers, to the first byte passed on or to their failure.',
        kind: 'histogram',
        read: () => this.#attemptDuration.samples(),
      },
      counter('nearhit_cost_usd_total', 'Spent upstream, in USD.', () => this.#costUsd),
      counter('nearhit_saved_usd_total', 'Saved by the cache, in USD.', () => this.#savedUsd),
    ];
  }
}

/** `not-cacheable:temperature` counts as `not-cacheable`; guards are few and worth their own line. */
function reasonClass(reason: string | undefined): string {
  if (reason === undefined) return '';
  if (reason.startsWith('guard:')) return reason;
  const colon = reason.indexOf(':');
  return colon === -1 ? reason : reason.slice(0, colon);
}
