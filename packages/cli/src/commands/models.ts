import type { AdminClient } from '@nearhit/http/client';
import { Command } from 'commander';
import { whole } from '../format.ts';
import type { Io } from '../io.ts';
import { type Cell, Output } from '../output.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

interface ModelsOptions extends TargetOptions {
  readonly provider?: string;
  readonly json?: boolean;
}

type Model = Awaited<ReturnType<AdminClient['models']>>['models'][number];

export function modelsCommand(io: Io): Command {
  return withToken(withUrl(new Command('models')))
    .description('The models that clients may name: provider, context length, prices, other names')
    .option('--provider <id>', 'only those of one provider')
    .option('--json', "the admin API's answer as JSON")
    .action(async (options: ModelsOptions) => {
      const output = new Output(io);
      const answer = await withClient(targetOf(options, io), (client) => client.models());
      const models = answer.models.filter(
        ({ provider }) => options.provider === undefined || provider === options.provider,
      );
      if (options.json === true) output.json({ models });
      else if (models.length === 0) output.line(nothing(options.provider));
      else showModels(output, models);
    });
}

function nothing(provider: string | undefined): string {
  if (provider === undefined) return 'No models: the providers list none, and the configuration names none.';
  return `No models of provider ${provider}.`;
}

function showModels(output: Output, models: readonly Model[]): void {
  output.table(
    [
      { head: 'model' },
      { head: 'provider' },
      { head: 'context', align: 'right' },
      ...['input', 'cached', 'output'].map((head) => ({ head: `${head} $/MTok`, align: 'right' as const })),
      { head: 'aliases' },
    ],
    models.filter(({ aliasOf }) => aliasOf === undefined).map((model) => rowOf(model, models)),
  );
}

function rowOf({ id, provider, contextTokens, price }: Model, models: readonly Model[]): Cell[] {
  const aliases = models.filter(({ aliasOf }) => aliasOf === id).map((alias) => alias.id);
  return [
    ...[id, provider, contextTokens === undefined ? '-' : whole(contextTokens)],
    ...[price?.inputUsdPerMTok, price?.cachedInputUsdPerMTok, price?.outputUsdPerMTok].map(amount),
    aliases.join(', '),
  ];
}

/** Prices go down to thousandths of a cent; trailing zeros say nothing. */
function amount(usdPerMTok: number | undefined): string {
  if (usdPerMTok === undefined) return '-';
  return Number.isInteger(usdPerMTok * 100) ? usdPerMTok.toFixed(2) : String(Number(usdPerMTok.toFixed(6)));
}
