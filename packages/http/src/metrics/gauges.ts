import type { AuditCounts, BudgetUse, CalibrationReport, ProviderStatus, QueueCounts } from '@nearhit/core';
import { labelled, type MetricSource, type Reading, type Sample } from './exposition.ts';

type Read<T> = (() => T | Promise<T>) | undefined;

export interface ErrorBound {
  readonly namespace: string;
  readonly model: string;
  readonly bound95: number;
  readonly maxErrorRate: number;
}

/** Read at each scrape; one that fails is left out of that scrape. */
export interface MetricSources {
  readonly entries?: Read<number>;
  readonly bytes?: Read<number>;
  readonly queueDepth?: Read<number>;
  readonly indexVectors?: Read<number>;
  readonly l1Bytes?: Read<number>;
  /** The last record of the log. */
  readonly logPosition?: Read<number>;
  /** Records of the log that this process has not yet taken in. */
  readonly replicaLag?: Read<number>;
  /** Of the queue that processes share. */
  readonly queue?: Read<QueueCounts>;
  /** Seconds that the oldest write in it waits; 0: none does. */
  readonly queueOldestSeconds?: Read<number>;
  readonly providers?: Read<readonly ProviderStatus[]>;
  /** Of those places that set an error budget: how much may be wrong at 95 %. */
  readonly errorBounds?: Read<readonly ErrorBound[]>;
  readonly labels?: Read<CalibrationReport['samples']>;
  /** Pairs of questions that were judged. */
  readonly judgedPairs?: Read<number>;
  /** Of keys and tenants whose budget is near its end. */
  readonly budgets?: Read<readonly BudgetUse[]>;
  /** Of this process, since it began. */
  readonly audits?: Read<AuditCounts>;
  /** Audits that wait or are in hand. */
  readonly auditQueue?: Read<number>;
  /** Pairs of questions, by whether the verifier's network was heard on them, or why not. */
  readonly network?: Read<Readonly<Record<string, number>>>;
  readonly breakers?: Read<readonly { readonly name: string; readonly open: boolean }[]>;
}

/** Metrics for those sources that there are. */
export function gaugesOf(sources: MetricSources): MetricSource[] {
  return [
    gauge('nearhit_entries', 'Stored answers.', sources.entries),
    gauge('nearhit_entry_bytes', 'Accounted bytes of stored answers.', sources.bytes),
    gauge('nearhit_write_queue_depth', 'Answers that wait to be stored.', sources.queueDepth),
    gauge('nearhit_index_vectors', 'Vectors in the nearest-neighbour index.', sources.indexVectors),
    gauge('nearhit_l1_bytes', 'Accounted bytes of the memory layer.', sources.l1Bytes),
    gauge('nearhit_log_position', 'Last record of the change log.', sources.logPosition),
    gauge('nearhit_replica_lag_records', 'Records of the change log not yet taken in.', sources.replicaLag),
    gauge('nearhit_queue_jobs', 'Writes in the shared queue, by state.', mapped(sources.queue, byState)),
    gauge(
      'nearhit_queue_oldest_seconds',
      'Age of the oldest write that waits in the shared queue; 0: none waits.',
      sources.queueOldestSeconds,
    ),
    gauge(
      'nearhit_error_bound',
      'Upper bound, at 95 %, of the wrong share among semantic hits.',
      mapped(sources.errorBounds, (bounds) => placed(bounds, ({ bound95 }) => bound95)),
    ),
    gauge(
      'nearhit_error_budget',
      'Wrong share among semantic hits that the policy allows.',
      mapped(sources.errorBounds, (bounds) => placed(bounds, ({ maxErrorRate }) => maxErrorRate)),
    ),
    gauge(
      'nearhit_labelled_samples',
      'Labelled samples that are kept for calibration, by source and verdict.',
      mapped(sources.labels, bySource),
    ),
    gauge('nearhit_judged_pairs', 'Pairs of questions in feedback memory.', sources.judgedPairs),
    gauge(
      'nearhit_budget_used_ratio',
      'Share of a budget in USD that is spent or set aside, of keys and tenants that are near its end.',
      mapped(sources.budgets, byBudget),
    ),
    counter(
      'nearhit_audits_total',
      'Stored answers that were compared with a second one, or were to be, by kind and how it ended.',
      mapped(sources.audits, ({ ended }) =>
        ended.map(({ kind, verdict, count }) => ({ labels: { kind, verdict }, value: count })),
      ),
    ),
    counter(
      'nearhit_audit_cost_usd_total',
      'Spent upstream on audits, in USD.',
      mapped(sources.audits, ({ costUsd }) => [{ labels: {}, value: costUsd }]),
    ),
    gauge('nearhit_audit_queue_depth', 'Audits that wait or are in hand.', sources.auditQueue),
    counter(
      'nearhit_network_pairs_total',
      'Pairs of questions that the verifier weighed, by whether its network was heard, or why not.',
      mapped(sources.network, (counts) => labelled('outcome', counts)),
    ),
    gauge('nearhit_breaker_open', 'Dependencies: 1 while they are not called.', mapped(sources.breakers, byName)),
    gauge('nearhit_provider_in_flight', 'Calls to providers under way.', mapped(sources.providers, inFlight)),
    gauge('nearhit_target_open', 'Targets: 1 while they are not asked.', mapped(sources.providers, openTargets)),
  ].flat();
}

function gauge(name: string, help: string, read: Read<Reading>): MetricSource[] {
  return read === undefined ? [] : [{ name, help, kind: 'gauge', read }];
}

function counter(name: string, help: string, read: Read<Reading>): MetricSource[] {
  return read === undefined ? [] : [{ name, help, kind: 'counter', read }];
}

function mapped<T>(read: Read<T>, samples: (value: T) => Sample[]): Read<Sample[]> {
  return read === undefined ? undefined : async () => samples(await read());
}

function byState({ waiting, active, delayed, dead }: QueueCounts): Sample[] {
  return labelled('state', { waiting, active, delayed, dead });
}

function byName(breakers: readonly { readonly name: string; readonly open: boolean }[]): Sample[] {
  return breakers.map(({ name, open }) => ({ labels: { name }, value: open ? 1 : 0 }));
}

function byBudget(budgets: readonly BudgetUse[]): Sample[] {
  return budgets.map(({ subject, period, ratio }) => ({ labels: { subject, period }, value: ratio }));
}

const PLACES_MAX = 50;

/** The worst ones. */
function placed(bounds: readonly ErrorBound[], figure: (bound: ErrorBound) => number): Sample[] {
  const worst = [...bounds].sort((a, b) => b.bound95 / b.maxErrorRate - a.bound95 / a.maxErrorRate);
  return worst
    .slice(0, PLACES_MAX)
    .map((bound) => ({ labels: { namespace: bound.namespace, model: bound.model }, value: figure(bound) }));
}

function bySource(counts: CalibrationReport['samples']): Sample[] {
  return Object.entries(counts).flatMap(([source, { right, wrong }]) => [
    { labels: { source, verdict: 'right' }, value: right },
    { labels: { source, verdict: 'wrong' }, value: wrong },
  ]);
}

const inFlight = (providers: readonly ProviderStatus[]): Sample[] =>
  providers.map(({ id, inFlight }) => ({ labels: { provider: id }, value: inFlight }));

const openTargets = (providers: readonly ProviderStatus[]): Sample[] =>
  providers.flatMap(({ id, targets = [] }) =>
    targets.map(({ model, breaker }) => ({ labels: { provider: id, model }, value: breaker === 'closed' ? 0 : 1 })),
  );
