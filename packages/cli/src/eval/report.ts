import { POLICY_DEFAULTS } from '@nearhit/core';
import { counted, percent, points, whole } from '../format.ts';
import type { Cell, Column, Output } from '../output.ts';
import type { Evaluation } from './evaluate.ts';
import type { EvaluatedFile } from './evaluated-file.ts';
import type { StreamOutcome, StreamResult } from './stream.ts';
import type { Setting } from './tally.ts';
import type { Rate } from './wilson.ts';

const right = (head: string): Column => ({ head, align: 'right' });
const RATES: readonly Column[] = ['hit rate', 'false-hit rate', 'precision'].map(right);

/** For people. `named`: with the file's name above it, where there are several. */
export function reportFile(output: Output, file: EvaluatedFile, named: boolean): void {
  if (named) {
    output.line();
    output.title(file.file);
  }
  if (file.form === 'pairs') reportEvaluation(output, file);
  else reportStream(output, file.stream);
}

function reportStream(output: Output, { requests, exact, policy, cosine }: StreamResult): void {
  output.title(`${counted(requests, 'request')} in their order, ${whole(exact.count)} word for word as before`);
  const row = (name: string, { byMeaning, wrong, wrongOfHits }: StreamOutcome) => [
    ...[name, shown(byMeaning), shown(wrong), shown(wrongOfHits)],
  ];
  output.table(
    [{ head: '' }, ...['right, of repeats in other words', 'wrong, of all', 'wrong, of hits by meaning'].map(right)],
    [row('default policy', policy), ...cosine.map((one) => row(`cosine ${one.threshold} alone`, one))],
  );
}

function reportEvaluation(output: Output, { pairs, badLines, policy, settings }: Evaluation): void {
  const notes = [
    badLines > 0 ? `${counted(badLines, 'bad line')} skipped` : '',
    pairs.tooLong > 0 ? `${whole(pairs.tooLong)} longer than the model's window: never a hit by meaning` : '',
  ].filter((note) => note !== '');
  output.title(
    `${counted(pairs.total, 'pair')}: ${whole(pairs.equivalent)} equivalent, ${whole(pairs.different)} different`,
  );
  for (const note of notes) output.line(`  ${note}`);
  output.line();
  output.title(`default policy (verifier, bar ${policy.bar})`);
  output.table(
    [{ head: 'kind' }, ...['hit rate', 'false-hit rate'].map(right)],
    [
      ['all', shown(policy.right), shown(policy.wrong)],
      ...(policy.kinds.length > 1 ? policy.kinds : []).map((row) => [row.kind, shown(row.right), shown(row.wrong)]),
    ],
  );
  for (const [guard, rows] of grouped(settings)) {
    output.line();
    output.title(guard === 'off' ? 'similarity alone (guard off)' : `guard ${guard}`);
    output.table(
      [{ head: 'threshold' }, ...RATES],
      rows.map((row) => [row.threshold.toFixed(2), ...ratesOf(row)]),
    );
  }
  for (const [, rows] of grouped(settings)) showDetail(output, closestToDefault(rows));
  output.line();
  output.line(
    'Shares with their 95 % Wilson interval. Hit rate: of the equivalent pairs; false-hit rate: of the different ones.',
  );
}

/** By guard, by kind: at one threshold, or it would be a book. */
function showDetail(output: Output, setting: Setting): void {
  const at = `at ${setting.threshold.toFixed(2)}, guard ${setting.guard}`;
  if (setting.refusedBy.length > 0) {
    output.line();
    output.title(`refused by guards ${at}`);
    output.table(
      [
        { head: 'guard' },
        { head: 'different (rightly)', align: 'right' },
        { head: 'equivalent (wrongly)', align: 'right' },
      ],
      setting.refusedBy.map(({ guard, different, equivalent }) => [guard, whole(different), whole(equivalent)]),
    );
  }
  if (setting.kinds.length < 2) return;
  output.line();
  output.title(`by kind ${at}`);
  output.table(
    [{ head: 'kind' }, ...RATES],
    setting.kinds.map((row) => [row.kind, ...ratesOf(row)]),
  );
}

const ratesOf = (row: Pick<Setting, 'hitRate' | 'falseHitRate' | 'precision'>): Cell[] =>
  [row.hitRate, row.falseHitRate, row.precision].map(shown);

function shown({ count, of, rate, low, high }: Rate): string {
  if (rate === null) return '-';
  return `${percent(rate)} [${points(low)}, ${points(high)}] ${count}/${of}`;
}

function grouped(settings: readonly Setting[]): Map<string, Setting[]> {
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) groups.set(setting.guard, [...(groups.get(setting.guard) ?? []), setting]);
  return groups;
}

function closestToDefault(rows: readonly Setting[]): Setting {
  const distance = ({ threshold }: Setting) => Math.abs(threshold - POLICY_DEFAULTS.threshold);
  return rows.reduce((best, row) => (distance(row) < distance(best) ? row : best));
}
