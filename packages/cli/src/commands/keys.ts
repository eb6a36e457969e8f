import { type AdminClient, type KeyAnswer, keyBody, keyPatchBody, type MadeKeyAnswer } from '@nearhit/http/client';
import { Command } from 'commander';
import { UsageError } from '../failures.ts';
import { usd } from '../format.ts';
import type { Io } from '../io.ts';
import {
  checked,
  type GrantOptions,
  grantsOf,
  type LimitOptions,
  limitsOf,
  withGrants,
  withLimits,
} from '../keys/options.ts';
import { share, showKey } from '../keys/show.ts';
import { wholeNumber } from '../options.ts';
import { Output } from '../output.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

interface KeyOptions extends TargetOptions {
  readonly json?: boolean;
}
type Settings = KeyOptions & LimitOptions & GrantOptions;

const GRACE_SECONDS_MAX = 2_592_000;
const PAGE = 1000;

export function keysCommand(io: Io): Command {
  const output = new Output(io);
  return new Command('keys')
    .description('API keys: who may use the gateway, and how much of it')
    .addHelpText(
      'after',
      `
  nearhit keys create "support bot" --tenant acme --model 'gpt-4o*' --rpm 60 --budget-month 100
  nearhit keys update key_2xK9... --rpm 120 --budget-month none
  nearhit keys rotate key_2xK9... --grace 3600`,
    )
    .addCommand(listCommand(io, output))
    .addCommand(createCommand(io, output))
    .addCommand(showCommand(io, output))
    .addCommand(updateCommand(io, output))
    .addCommand(rotateCommand(io, output))
    .addCommand(revokeCommand(io, output))
    .addCommand(deleteCommand(io, output));
}

const common = (command: Command): Command =>
  withToken(withUrl(command)).option('--json', "the admin API's answer as JSON");

function tell(output: Output, key: KeyAnswer, options: KeyOptions): void {
  if (options.json === true) output.json(key);
  else showKey(output, key);
}

/** The secret alone on its line, so that it can be copied; what to do with it where it is in nobody's way. */
function tellMade(io: Io, output: Output, made: MadeKeyAnswer, options: KeyOptions): void {
  tell(output, made, options);
  if (options.json !== true) output.line(`\n  ${made.key}\n`);
  io.stderr.write('This is the only time that the secret is shown: keep it now. nearhit stores only its hash.\n');
}

function listCommand(io: Io, output: Output): Command {
  return common(new Command('list'))
    .description('Every key, newest first, with what it has used')
    .option('--tenant <id>', 'only those of a tenant')
    .action(async (options: KeyOptions & { tenant?: string }) => {
      const keys = await withClient(targetOf(options, io), (client) => all(client, options.tenant));
      if (options.json === true) output.json({ keys });
      else if (keys.length === 0) output.line('There are no keys. Make one with `nearhit keys create <name>`.');
      else showList(output, keys);
    });
}

async function all({ keys }: AdminClient, tenant: string | undefined): Promise<KeyAnswer[]> {
  const found: KeyAnswer[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await keys.list({ tenant, cursor, limit: PAGE });
    found.push(...page.keys);
    cursor = page.cursor;
  }
  return found;
}

function showList(output: Output, keys: readonly KeyAnswer[]): void {
  output.table(
    [
      ...[{ head: 'id' }, { head: 'name' }, { head: 'tenant' }, { head: 'secret' }, { head: 'status' }],
      ...(['requests/min', 'tokens/min', 'today', 'month'] as const).map((head) => ({ head, align: 'right' as const })),
    ],
    keys.map(({ id, name, tenant, hint, status, rpm, tpm, budgetUsdDay, budgetUsdMonth, use }) => [
      ...[id, name, tenant, hint, status],
      ...[share(use?.requestsThisMinute, rpm), share(use?.tokensThisMinute, tpm)],
      ...[share(use?.spentUsdDay, budgetUsdDay, usd), share(use?.spentUsdMonth, budgetUsdMonth, usd)],
    ]),
  );
}

function createCommand(io: Io, output: Output): Command {
  return common(withGrants(withLimits(new Command('create'))))
    .description('A new key; its secret is printed once')
    .argument('<name>', 'for people')
    .option('--tenant <id>', 'whose it is; answers, limits and accounts of tenants never mix', 'default')
    .action(async (name: string, options: Settings & { tenant: string }) => {
      const given = { ...limitsOf(options), ...grantsOf(options, io.env) };
      const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
      const body = checked(keyBody, { name, tenant: options.tenant, ...set });
      tellMade(io, output, await withClient(targetOf(options, io), ({ keys }) => keys.create(body)), options);
    });
}

function showCommand(io: Io, output: Output): Command {
  return common(new Command('show'))
    .description('One key, what it may do and what it has used')
    .argument('<id>')
    .action(async (id: string, options: KeyOptions) =>
      tell(output, await withClient(targetOf(options, io), ({ keys }) => keys.get(id)), options),
    );
}

function updateCommand(io: Io, output: Output): Command {
  return common(withGrants(withLimits(new Command('update'))))
    .description('Change what is given, leave the rest; `none` takes a limit off')
    .argument('<id>')
    .option('--name <name>', 'for people')
    .action(async (id: string, options: Settings & { name?: string }) => {
      const { name } = options;
      const body = { ...(name !== undefined && { name }), ...limitsOf(options), ...grantsOf(options, io.env) };
      if (Object.keys(body).length === 0) throw new UsageError('Nothing to change: see --help for what there is.');
      const change = checked(keyPatchBody, body);
      tell(output, await withClient(targetOf(options, io), ({ keys }) => keys.change(id, change)), options);
    });
}

function rotateCommand(io: Io, output: Output): Command {
  return common(new Command('rotate'))
    .description('A new secret for a key; it is printed once')
    .argument('<id>')
    .option('--grace <seconds>', 'so long the old secret goes on', wholeNumber(0, GRACE_SECONDS_MAX), 0)
    .action(async (id: string, options: KeyOptions & { grace: number }) => {
      const made = await withClient(targetOf(options, io), ({ keys }) => keys.rotate(id, options.grace));
      tellMade(io, output, made, options);
    });
}

function revokeCommand(io: Io, output: Output): Command {
  return common(new Command('revoke'))
    .description('The key opens nothing any more, for good; it stays in the list')
    .argument('<id>')
    .action(async (id: string, options: KeyOptions) =>
      tell(output, await withClient(targetOf(options, io), ({ keys }) => keys.change(id, { revoked: true })), options),
    );
}

function deleteCommand(io: Io, output: Output): Command {
  return common(new Command('delete'))
    .description('As revoke, and it is forgotten')
    .argument('<id>')
    .action(async (id: string, options: KeyOptions) => {
      await withClient(targetOf(options, io), ({ keys }) => keys.delete(id));
      if (options.json === true) output.json({ id, deleted: true });
      else output.line(`${id} is deleted.`);
    });
}
