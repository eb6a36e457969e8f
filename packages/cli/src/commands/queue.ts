import type { DeadLettersAnswer } from '@nearhit/http/client';
import { Command } from 'commander';
import { UsageError } from '../failures.ts';
import { counted } from '../format.ts';
import type { Io, SetExitCode } from '../io.ts';
import { wholeNumber } from '../options.ts';
import { Output } from '../output.ts';
import { queueText } from '../services.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

interface QueueOptions extends TargetOptions {
  readonly json?: boolean;
}

export function queueCommand(io: Io, exitWith: SetExitCode): Command {
  const output = new Output(io);
  return new Command('queue')
    .description('The queue of writes: what waits in it, and what was given up')
    .addCommand(showCommand(io, output), { isDefault: true })
    .addCommand(deadCommand(io, output))
    .addCommand(redriveCommand(io, output, exitWith))
    .addCommand(discardCommand(io, output, exitWith));
}

const common = (command: Command): Command =>
  withToken(withUrl(command)).option('--json', "the admin API's answer as JSON");

function showCommand(io: Io, output: Output): Command {
  return common(new Command('show'))
    .description('How many writes wait, are worked on, wait for their next try, were given up')
    .action(async (options: QueueOptions) => {
      const counts = await withClient(targetOf(options, io), ({ queue }) => queue.counts());
      if (options.json === true) output.json(counts);
      else output.line(queueText(output, counts));
    });
}

function deadCommand(io: Io, output: Output): Command {
  return common(new Command('dead'))
    .description('Writes that were given up, newest first, and why')
    .option('--offset <number>', 'leave out so many', wholeNumber(0, 10_000_000), 0)
    .option('--limit <number>', 'show so many', wholeNumber(1, 1000), 50)
    .action(async (options: QueueOptions & { offset: number; limit: number }) => {
      const { offset, limit } = options;
      const answer = await withClient(targetOf(options, io), ({ queue }) => queue.deadLetters({ offset, limit }));
      if (options.json === true) output.json(answer);
      else if (answer.deadLetters.length === 0)
        output.line(offset === 0 ? 'No dead letters.' : 'No more dead letters.');
      else showDead(output, answer.deadLetters);
    });
}

function redriveCommand(io: Io, output: Output, exitWith: SetExitCode): Command {
  return common(new Command('redrive'))
    .description('Put dead letters back into the queue; without ids all of them')
    .argument('[id...]', 'as `queue dead` shows them')
    .action(async (given: readonly string[], options: QueueOptions) => {
      const ids = [...new Set(given)];
      const { count } = await withClient(targetOf(options, io), ({ queue }) => queue.redrive(named(ids)));
      if (count < ids.length) exitWith(1);
      if (options.json === true) output.json({ count });
      else output.line(`${counted(count, 'dead letter')} went back into the queue${absent(ids, count)}.`);
    });
}

function discardCommand(io: Io, output: Output, exitWith: SetExitCode): Command {
  return common(new Command('discard'))
    .description('Forget dead letters and the answers in them')
    .argument('[id...]', 'as `queue dead` shows them')
    .option('--all', 'all of them')
    .action(async (given: readonly string[], options: QueueOptions & { all?: boolean }) => {
      const ids = [...new Set(given)];
      if ((ids.length === 0) === (options.all !== true))
        throw new UsageError('Name the dead letters that are to be forgotten, or give --all.');
      const { count } = await withClient(targetOf(options, io), ({ queue }) => queue.discard(named(ids)));
      if (count < ids.length) exitWith(1);
      if (options.json === true) output.json({ count });
      else output.line(`${counted(count, 'dead letter')} discarded${absent(ids, count)}.`);
    });
}

function named(ids: readonly string[]): readonly string[] | undefined {
  return ids.length === 0 ? undefined : ids;
}

function absent(ids: readonly string[], count: number): string {
  return count < ids.length ? `; ${counted(ids.length - count, 'id')} not among them` : '';
}

function showDead(output: Output, deadLetters: DeadLettersAnswer['deadLetters']): void {
  output.table(
    [
      ...['id', 'given up'].map((head) => ({ head })),
      { head: 'tries', align: 'right' },
      ...['namespace', 'model', 'reason'].map((head) => ({ head })),
    ],
    deadLetters.map(({ id, failedAtMs, attempts, namespace = '-', model = '-', reason }) => [
      ...[id, new Date(failedAtMs).toISOString(), attempts, namespace, model, reason],
    ]),
  );
}
