import { type AdminClient, AdminClientError } from '@nearhit/http/client';
import { Command } from 'commander';
import { Failure, UsageError } from '../failures.ts';
import { counted, percent, usd, whole } from '../format.ts';
import type { Io, Target } from '../io.ts';
import { Output } from '../output.ts';
import { amount, day, mix, prices, share } from '../roi/arguments.ts';
import { inputFrom, type Measured } from '../roi/from-accounts.ts';
import { computeRoi, FORMULA, type MixPart, type Price, type Roi, type RoiInput } from '../roi/roi.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

interface RoiOptions extends TargetOptions {
  readonly requests?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly model?: string;
  readonly hitRate?: number;
  readonly routing?: readonly MixPart[];
  readonly price?: ReadonlyMap<string, Price>;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export function roiCommand(io: Io): Command {
  return withToken(withUrl(new Command('roi')))
    .description('What direct calls, routing and caching would cost and save: from the accounts, or from given figures')
    .option('--requests <number>', 'given figures: requests of the month', amount)
    .option('--input-tokens <number>', 'of one request, on average', amount)
    .option('--output-tokens <number>', 'of one request, on average', amount)
    .option('--model <model>', 'what is called without routing (from the accounts: default the one most asked for)')
    .option('--hit-rate <share>', 'share that the cache answers: 0.35 or 35%', share)
    .option('--routing <mix>', 'where routing sends calls: gpt-4o=0.3,gpt-4o-mini=0.7', mix)
    .option('--price <input,output>', 'USD per million tokens, or model=input,output; repeat for several', prices)
    .option('--from <day>', 'from the accounts: first day, UTC', day)
    .option('--to <day>', 'from the accounts: last day, UTC', day)
    .option('--json', 'as one JSON document')
    .action(async (options: RoiOptions) => {
      const target = targetOf(options, io);
      const { input, measured } = options.requests === undefined ? await fromAccounts(options, target) : given(options);
      const roi = computeRoi(input, await pricesFor(input, options, target));
      const output = new Output(io);
      if (options.json === true) output.json({ ...roi, measured: measured ?? null });
      else show(output, roi, measured);
    });
}

function given(options: RoiOptions): { input: RoiInput; measured?: undefined } {
  const { requests, inputTokens, outputTokens, model, hitRate = 0, routing } = options;
  if (options.from !== undefined || options.to !== undefined)
    throw new UsageError('--from and --to are for the accounts: leave them out where figures are given.');
  if (requests === undefined || inputTokens === undefined || outputTokens === undefined || model === undefined)
    throw new UsageError(
      'Given figures are --requests, --input-tokens, --output-tokens and --model, all four of them.',
    );
  return { input: { requests, inputTokens, outputTokens, model, hitRate, routing } };
}

async function fromAccounts(options: RoiOptions, target: Target): Promise<{ input: RoiInput; measured: Measured }> {
  if (options.inputTokens !== undefined || options.outputTokens !== undefined)
    throw new UsageError('With --input-tokens or --output-tokens, --requests is needed too.');
  const { from, to } = options;
  const answer = await withClient(target, (client) =>
    client.usage.sums({ from, to, groupBy: ['model', 'upstreamModel'] }),
  );
  const found = inputFrom(answer, options.model);
  if (found === undefined)
    throw new Failure(
      `Nothing was answered from ${answer.from} to ${answer.to}: give figures with --requests instead.`,
    );
  const { hitRate = found.input.hitRate, routing = found.input.routing } = options;
  return { input: { ...found.input, hitRate, routing }, measured: found.measured };
}

/** As given, else as the gateway has them. Throws Failure that names the models without a price. */
async function pricesFor(input: RoiInput, options: RoiOptions, target: Target): Promise<(model: string) => Price> {
  const own = options.price ?? new Map<string, Price>();
  const models = [...new Set([input.model, ...(input.routing ?? []).map(({ model }) => model)])];
  const missing = models.filter((model) => !own.has(model) && !own.has(''));
  const known = missing.length === 0 ? new Map<string, Price>() : await withClient(target, gatewayPrices);
  const unknown = missing.filter((model) => !known.has(model));
  if (unknown.length > 0)
    throw new Failure(
      `No price is known for ${unknown.join(', ')}: give one, for example --price ${unknown[0]}=2.5,10 (USD per million tokens, input,output).`,
    );
  return (model) => (own.get(model) ?? own.get('') ?? known.get(model)) as Price;
}

async function gatewayPrices(client: AdminClient): Promise<Map<string, Price>> {
  try {
    const { models } = await client.models();
    return new Map(models.flatMap(({ id, price }) => (price === null ? [] : [[id, price] as const])));
  } catch (error) {
    if (error instanceof AdminClientError && error.status === 0)
      throw new Failure(`${error.message} Prices are asked for there; give them with --price input,output instead.`);
    throw error;
  }
}

const NAMES = { direct: 'direct calls', routing: 'with routing', caching: 'with caching', both: 'with both' } as const;

function show(output: Output, roi: Roi, measured: Measured | undefined): void {
  const { requests, inputTokens, outputTokens, hitRate, routing, model, requestUsd } = roi;
  if (measured !== undefined) {
    output.title(`accounts from ${measured.from} to ${measured.to}`);
    output.facts([
      ['requests', `${whole(measured.requests)} (${whole(measured.hits)} hits, ${whole(measured.errors)} errors)`],
      ['spent', usd(measured.costUsd)],
      ['saved by the cache', usd(measured.savedUsd)],
    ]);
    output.line();
  }
  output.title('taken as');
  output.facts([
    ['requests', whole(requests)],
    ['tokens each', `${whole(Math.round(inputTokens))} in, ${whole(Math.round(outputTokens))} out`],
    ['hit rate', percent(hitRate)],
    ['without routing', model],
    ['routing', routing?.map((part) => `${part.model} ${percent(part.share)}`).join(', ')],
    ...Object.entries(requestUsd).map(([name, each]) => [`a request at ${name}`, usd(each)] as const),
  ]);
  output.line();
  output.table(
    [{ head: '' }, ...['calls', 'costs', 'saves', 'share'].map((head) => ({ head, align: 'right' as const }))],
    roi.rows.map((row) => [
      NAMES[row.name],
      whole(Math.round(row.calls)),
      usd(row.costUsd),
      usd(row.savedUsd),
      percent(row.savedShare),
    ]),
  );
  output.line();
  output.line(`  ${FORMULA}`);
  if (measured !== undefined)
    output.line(`\n  ${counted(measured.errors, 'failed request')} left out; what they cost is in what was spent.`);
}
