import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Sample } from './reply.ts';

/** In milliseconds; null when nothing was measured. */
export interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface OutcomeResult {
  readonly outcome: string;
  readonly count: number;
  /** Of all requests. */
  readonly share: number;
  readonly latencyMs: Quantiles;
  readonly firstByteMs: Quantiles;
  readonly overheadMs: Quantiles;
}

export interface BenchResults {
  readonly requests: number;
  readonly errors: number;
  /** Answered without an error, per second. */
  readonly requestsPerSecond: number;
  readonly elapsedSeconds: number;
  readonly hitRate: number | null;
  readonly all: OutcomeResult;
  readonly outcomes: readonly OutcomeResult[];
  readonly reasons: Readonly<Record<string, number>>;
  readonly errorsByKind: Readonly<Record<string, number>>;
}

const NS_PER_MS = 1e6;
/** Messages of strangers' errors must not fill the memory. */
const KINDS_MAX = 100;

class Measured {
  count = 0;
  readonly latency = createHistogram();
  readonly firstByte = createHistogram();
  readonly overhead = createHistogram();

  add({ latencyMs, firstByteMs, overheadMs }: Sample): void {
    this.count += 1;
    record(this.latency, latencyMs);
    record(this.firstByte, firstByteMs);
    if (overheadMs !== undefined) record(this.overhead, overheadMs);
  }

  result(outcome: string, requests: number): OutcomeResult {
    return {
      outcome,
      count: this.count,
      share: requests === 0 ? 0 : this.count / requests,
      latencyMs: quantiles(this.latency),
      firstByteMs: quantiles(this.firstByte),
      overheadMs: quantiles(this.overhead),
    };
  }
}

/** Samples as they come, in histograms (three digits): its size does not grow with the run. */
export class Results {
  requests = 0;
  errors = 0;
  readonly #all = new Measured();
  readonly #outcomes = new Map<string, Measured>();
  readonly #reasons = new Map<string, number>();
  readonly #errors = new Map<string, number>();

  /** Latencies are of answers; a failed request is counted only. */
  add(sample: Sample): void {
    this.requests += 1;
    if (sample.error !== undefined) {
      this.errors += 1;
      count(this.#errors, sample.error);
      return;
    }
    this.#all.add(sample);
    const known = this.#outcomes.get(sample.outcome) ?? new Measured();
    this.#outcomes.set(sample.outcome, known);
    known.add(sample);
    if (sample.reason !== undefined) count(this.#reasons, sample.reason);
  }

  summary(elapsedMs: number): BenchResults {
    const answered = this.requests - this.errors;
    const of = (...prefixes: string[]): number =>
      [...this.#outcomes]
        .filter(([outcome]) => prefixes.some((prefix) => outcome.startsWith(prefix)))
        .reduce((sum, [, measured]) => sum + measured.count, 0);
    const served = of('hit', 'stale');
    const looked = served + of('miss');
    return {
      requests: this.requests,
      errors: this.errors,
      requestsPerSecond: elapsedMs > 0 ? rounded((1000 * answered) / elapsedMs) : 0,
      elapsedSeconds: rounded(elapsedMs / 1000),
      hitRate: looked === 0 ? null : served / looked,
      all: this.#all.result('all', this.requests),
      outcomes: [...this.#outcomes]
        .map(([outcome, measured]) => measured.result(outcome, this.requests))
        .sort((a, b) => (a.outcome < b.outcome ? -1 : 1)),
      reasons: falling(this.#reasons),
      errorsByKind: falling(this.#errors),
    };
  }
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * NS_PER_MS)));
}

const rounded = (value: number): number => Number(value.toFixed(3));

function quantiles(histogram: RecordableHistogram): Quantiles {
  if (histogram.count === 0) return { p50: null, p95: null, p99: null, max: null };
  const at = (percentile: number): number => rounded(histogram.percentile(percentile) / NS_PER_MS);
  return { p50: at(50), p95: at(95), p99: at(99), max: at(100) };
}

function count(counts: Map<string, number>, name: string): void {
  const key = counts.has(name) || counts.size < KINDS_MAX ? name : 'other';
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const falling = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
