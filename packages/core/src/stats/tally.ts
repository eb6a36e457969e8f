import type { DecisionRecord } from '../ports/observer.ts';
import type { StatsBucket } from '../ports/stats-store.ts';
import { type Histogram, mergeHistogram, observe } from './histogram.ts';

/** Counters and histograms of one span of time for one namespace and model. */
export interface Tally {
  readonly counts: Map<string, number>;
  readonly latency: Map<string, Histogram>;
}

/** Reasons come from the house's own code; this only bounds what a mistake there could cost. */
const REASONS_MAX = 64;

export function createTally(): Tally {
  return { counts: new Map(), latency: new Map() };
}

function add(counts: Map<string, number>, name: string, amount: number): void {
  if (!Number.isFinite(amount) || amount === 0) return;
  counts.set(name, (counts.get(name) ?? 0) + amount);
}

function addReason(counts: Map<string, number>, prefix: 'miss' | 'bypass', reason: string): void {
  const name = `${prefix}:${reason}`;
  add(counts, counts.has(name) || counts.size < REASONS_MAX ? name : `${prefix}:other`, 1);
}

function sampleOf(tally: Tally, name: string): Histogram {
  const known = tally.latency.get(name);
  if (known !== undefined) return known;
  const made: Histogram = new Map();
  tally.latency.set(name, made);
  return made;
}

/** The usage of a hit, and of a miss that joined another request's upstream call, was not paid for again. */
export function isUsageSaved(decision: DecisionRecord): boolean {
  if (decision.outcome === 'hit' || decision.outcome === 'stale') return true;
  return decision.costUsd === 0 && decision.savedUsd > 0;
}

/** Names that are put together on every request are hashed on every request. */
const HITS = { l1: 'hit:l1', l2: 'hit:l2', semantic: 'hit:semantic' } as const;
const SPENT = { input: 'tokens:spent:input', output: 'tokens:spent:output' } as const;
const SAVED = { input: 'tokens:saved:input', output: 'tokens:saved:output' } as const;

export function count(tally: Tally, decision: DecisionRecord): void {
  const { counts } = tally;
  const { outcome, layer, reason, usage } = decision;
  const hit = outcome === 'hit' ? HITS[layer ?? 'l1'] : undefined;
  add(counts, 'requests', 1);
  add(counts, outcome, 1);
  if (hit !== undefined) add(counts, hit, 1);
  else if (outcome === 'miss' || outcome === 'bypass') addReason(counts, outcome, reason ?? 'unknown');
  if (usage !== undefined) {
    const tokens = isUsageSaved(decision) ? SAVED : SPENT;
    add(counts, tokens.input, usage.promptTokens);
    add(counts, tokens.output, usage.completionTokens);
  }
  add(counts, 'usd:spent', decision.costUsd);
  add(counts, 'usd:saved', decision.savedUsd);
  observe(sampleOf(tally, hit ?? outcome), decision.latencyMs);
  observe(sampleOf(tally, 'overhead'), decision.overheadMs);
}

export function mergeTally(into: Tally, from: Tally): void {
  for (const [name, amount] of from.counts) add(into.counts, name, amount);
  for (const [name, histogram] of from.latency) mergeHistogram(sampleOf(into, name), histogram);
}

/** What `later` has beyond `earlier`, an older state of the same; what is less there counts as nothing. */
export function subtractTally(later: Tally, earlier: Tally): Tally {
  const rest = createTally();
  for (const [name, amount] of later.counts) {
    const more = amount - (earlier.counts.get(name) ?? 0);
    if (more > 0) rest.counts.set(name, more);
  }
  for (const [name, histogram] of later.latency) {
    const before = earlier.latency.get(name);
    for (const [cell, n] of histogram) {
      const more = n - (before?.get(cell) ?? 0);
      if (more > 0) sampleOf(rest, name).set(cell, more);
    }
  }
  return rest;
}

export function toBucket(minute: number, namespace: string, model: string, tally: Tally): StatsBucket {
  const latency: Record<string, Record<string, number>> = {};
  for (const [name, histogram] of tally.latency) latency[name] = Object.fromEntries(histogram);
  return { minute, namespace, model, counts: Object.fromEntries(tally.counts), latency };
}

export function fromBucket(bucket: StatsBucket): Tally {
  const tally = createTally();
  for (const [name, amount] of Object.entries(bucket.counts)) add(tally.counts, name, amount);
  for (const [name, cells] of Object.entries(bucket.latency)) {
    const pairs = Object.entries(cells).map(([cell, n]) => [Number(cell), n] as const);
    mergeHistogram(
      sampleOf(tally, name),
      pairs.filter(([cell, n]) => Number.isInteger(cell) && Number.isFinite(n)),
    );
  }
  return tally;
}
