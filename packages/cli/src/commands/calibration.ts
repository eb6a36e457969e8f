import type { CalibrationAnswer } from '@nearhit/http/client';
import { Command } from 'commander';
import { percent, usd, whole } from '../format.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

interface CalibrationOptions extends TargetOptions {
  readonly tenant?: string;
  readonly namespace?: string;
  readonly model?: string;
  readonly json?: boolean;
}

export function calibrationCommand(io: Io): Command {
  return withToken(withUrl(new Command('calibration')))
    .description('How often answers were wrong at each bar, from labelled samples, and which bar is in force and why')
    .option('--tenant <tenant>', 'only of this tenant')
    .option('--namespace <namespace>', 'only of this namespace')
    .option('--model <model>', 'only of this model, as asked for')
    .option('--json', "the admin API's answer as JSON")
    .action(async ({ tenant, namespace, model, json, ...options }: CalibrationOptions) => {
      const answer = await withClient(targetOf(options, io), (client) =>
        client.calibration({ tenant, namespace, model }),
      );
      const output = new Output(io);
      if (json === true) output.json(answer);
      else show(output, answer);
    });
}

const right = { align: 'right' } as const;

function show(output: Output, { scorer, priorVersion, inForce, byScore, byCosine, samples }: CalibrationAnswer): void {
  output.title(`calibration of ${scorer} (prior: ${priorVersion})`);
  const counts = Object.entries(samples).map(([source, { right: fine, wrong }]) => [source, whole(fine), whole(wrong)]);
  output.table([{ head: 'labels from' }, { head: 'right', ...right }, { head: 'wrong', ...right }], counts);
  output.line();
  if (inForce.length === 0) output.line('  No scope has labels, or was asked about lately.');
  for (const scope of inForce) {
    const { tenant, namespace, model, why } = scope;
    output.line(`  ${output.style('bold', `${namespace}/${model}`)}${tenant === 'default' ? '' : ` of ${tenant}`}`);
    output.line(`    ${barOf(scope)}: ${why}`);
  }
  for (const [name, figures] of [
    ['score', byScore],
    ['cosine', byCosine],
  ] as const) {
    // A scorer that is the cosine has one table.
    if (name === 'cosine' && scorer === 'cosine') continue;
    output.line();
    showFigures(output, name, figures);
  }
}

function barOf({ calibration, threshold }: CalibrationAnswer['inForce'][number]): string {
  if (calibration === null) return `cosine threshold ${threshold}`;
  return calibration.bar === null ? 'no bar' : `bar ${calibration.bar}`;
}

function showFigures(output: Output, name: string, figures: CalibrationAnswer['byScore']): void {
  const told = figures.filter(({ samples }) => samples > 0);
  if (told.length === 0) {
    output.line(`  No labelled sample has a ${name} of ${figures[0]?.threshold ?? 0} or more.`);
    return;
  }
  output.table(
    [{ head: name, ...right }, ...['labels', 'hit rate', 'wrong', '95 %', 'saved'].map((head) => ({ head, ...right }))],
    told.map(({ threshold, samples, hitRate, estimate, low, high, savedUsd }) => [
      String(threshold),
      whole(samples),
      percent(hitRate),
      percent(estimate),
      `${percent(low)} to ${percent(high)}`,
      usd(savedUsd),
    ]),
  );
}
