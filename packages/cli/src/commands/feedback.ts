import type { FeedbackAnswer } from '@nearhit/http/client';
import { Command } from 'commander';
import { UsageError } from '../failures.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

interface FeedbackOptions extends TargetOptions {
  readonly wrong?: boolean;
  readonly right?: boolean;
  readonly entry?: string;
  readonly query?: string;
  readonly tenant?: string;
  readonly json?: boolean;
}

export function feedbackCommand(io: Io): Command {
  const output = new Output(io);
  return withToken(withUrl(new Command('feedback')))
    .description('Say whether an answer was right for its question; a wrong one is not served for it again')
    .argument('[requestId]', 'x-request-id of the answer')
    .option('--wrong', 'one answer does not serve both questions; of the same question: the answer is wrong')
    .option('--right', 'it does')
    .option('--entry <id>', 'instead of a request: x-nearhit-entry of the answer')
    .option('--query <text>', 'with --entry: the question that it was given for')
    .option('--tenant <tenant>', 'whose request, where several tenants use the same request ids')
    .option('--json', "the admin API's answer as JSON")
    .action(async (requestId: string | undefined, options: FeedbackOptions) => {
      const { entry: entryId, query, tenant, wrong = false, right = false, json } = options;
      if (wrong === right) throw new UsageError('Say either --wrong or --right.');
      if ((requestId === undefined) === (entryId === undefined))
        throw new UsageError('Name a request, or an answer with --entry.');
      if (query !== undefined && entryId === undefined) throw new UsageError('--query goes with --entry.');
      const body = { requestId, entryId, query, tenant, verdict: wrong ? ('wrong' as const) : ('right' as const) };
      const answer = await withClient(targetOf(options, io), (client) => client.feedback(body));
      if (json === true) output.json(answer);
      else output.line(told(answer));
    });
}

function told({ verdict, effect, sampled }: FeedbackAnswer): string {
  const counted = sampled ? ' It counts in calibration.' : '';
  if (effect === 'entry') return 'The answer is dropped everywhere; a new one may take its place.';
  if (effect === 'none') return `There was nothing to do.${counted}`;
  return verdict === 'wrong'
    ? `That answer is not served for that question any more.${counted}`
    : `That answer is served for that question from now on.${counted}`;
}
