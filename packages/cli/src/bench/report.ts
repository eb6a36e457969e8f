import { counted, milliseconds, percent, whole } from '../format.ts';
import type { Column, Output } from '../output.ts';
import type { BenchResults, OutcomeResult } from './results.ts';

const right = (head: string): Column => ({ head, align: 'right' });

export function reportBench(output: Output, results: BenchResults, stream: boolean): void {
  output.facts([
    ['requests', `${whole(results.requests)} in ${results.elapsedSeconds.toFixed(1)} s`],
    ['answered', `${results.requestsPerSecond.toFixed(1)} per second`],
    ['hit rate', percent(results.hitRate)],
    ['errors', results.errors === 0 ? '0' : output.style('red', whole(results.errors))],
  ]);
  output.line();
  output.table(
    [
      { head: 'outcome' },
      ...['count', 'share', 'p50', 'p95', 'p99', 'max'].map(right),
      ...(stream ? ['first byte p50', 'p99'].map(right) : []),
      ...['nearhit itself p50', 'p99'].map(right),
    ],
    [...results.outcomes, results.all].map((row) => rowOf(row, stream)),
  );
  showCounts(output, 'not from the cache, because', results.reasons);
  showCounts(output, 'errors', results.errorsByKind);
}

function rowOf(
  { outcome, count, share, latencyMs, firstByteMs, overheadMs }: OutcomeResult,
  stream: boolean,
): string[] {
  const { p50, p95, p99, max } = latencyMs;
  return [
    outcome,
    whole(count),
    percent(share),
    ...[p50, p95, p99, max].map(milliseconds),
    ...(stream ? [firstByteMs.p50, firstByteMs.p99].map(milliseconds) : []),
    ...[overheadMs.p50, overheadMs.p99].map(milliseconds),
  ];
}

function showCounts(output: Output, title: string, counts: Readonly<Record<string, number>>): void {
  const rows = Object.entries(counts);
  if (rows.length === 0) return;
  output.line();
  output.title(title);
  output.facts(rows.map(([name, count]) => [name, counted(count, 'request')]));
}
