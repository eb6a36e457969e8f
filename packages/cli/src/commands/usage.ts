import type { UsageAnswer } from '@nearhit/http/client';
import { Command, Option } from 'commander';
import { usd, whole } from '../format.ts';
import type { Io } from '../io.ts';
import { someInOrder } from '../options.ts';
import { Output } from '../output.ts';
import { day } from '../roi/arguments.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

const GROUPS = ['day', 'tenant', 'key', 'namespace', 'model', 'provider', 'upstreamModel'] as const;
type Group = (typeof GROUPS)[number];

interface UsageOptions extends TargetOptions {
  readonly groupBy: readonly Group[];
  readonly from?: string;
  readonly to?: string;
  readonly tenant?: string;
  readonly key?: string;
  readonly namespace?: string;
  readonly model?: string;
  readonly provider?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

export function usageCommand(io: Io): Command {
  return withToken(withUrl(new Command('usage')))
    .description('What requests have used, cost and saved, added up from the accounts')
    .option('--group-by <fields>', `some of ${GROUPS.join(', ')}, by commas`, someInOrder(GROUPS), ['day'])
    .option('--from <day>', 'first day, UTC (default: 29 days before the last)', day)
    .option('--to <day>', 'last day, UTC, included (default: today)', day)
    .option('--tenant <tenant>', 'only of this tenant')
    .option('--key <id>', 'only of this API key')
    .option('--namespace <namespace>', 'only of this namespace')
    .option('--model <model>', 'only of this model, as asked for')
    .option('--provider <id>', 'only of this provider')
    .addOption(new Option('--csv', 'as CSV').conflicts('json'))
    .option('--json', "the admin API's answer as JSON")
    .action(async ({ csv, json, url, token, ...query }: UsageOptions) => {
      const target = targetOf({ url, token }, io);
      const output = new Output(io);
      if (csv === true) io.stdout.write(await withClient(target, (client) => client.usage.csv(query)));
      else {
        const answer = await withClient(target, (client) => client.usage.sums(query));
        if (json === true) output.json(answer);
        else show(output, answer);
      }
    });
}

function show(output: Output, { from, to, groupBy, groups, totals }: UsageAnswer): void {
  output.title(`${from} to ${to}`);
  if (groups.length === 0) {
    output.line('  No requests.');
    return;
  }
  const right = { align: 'right' } as const;
  const heads = ['requests', 'hits', 'errors', 'tokens in', 'tokens out', 'cost', 'saved'];
  const cells = (sums: UsageAnswer['totals']) => [
    ...[sums.requests, sums.hits, sums.errors, sums.promptTokens, sums.completionTokens].map(whole),
    ...[usd(sums.costUsd), usd(sums.savedUsd)],
  ];
  const rows = groups.map((group) => [...groupBy.map((name) => group[name] || '-'), ...cells(group)]);
  if (groups.length > 1) rows.push([...groupBy.map((_, at) => (at === 0 ? 'all' : '')), ...cells(totals)]);
  output.table([...groupBy.map((head) => ({ head })), ...heads.map((head) => ({ head, ...right }))], rows);
}
