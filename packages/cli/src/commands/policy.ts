import type { PolicyPatch } from '@nearhit/core';
import type { PolicyAnswer, policyPatchBody } from '@nearhit/http/client';
import { Command } from 'commander';
import { UsageError } from '../failures.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';
import { assignments, fieldNames, levelName, levelOf, splitLevel } from '../policy/arguments.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

interface PolicyOptions extends TargetOptions {
  readonly json?: boolean;
}

const LEVEL = '[namespace[/model]]';

export function policyCommand(io: Io): Command {
  const output = new Output(io);
  return new Command('policy')
    .description('Cache policy: what is in force for a namespace or for a model in it, and where it comes from')
    .addHelpText(
      'after',
      `
The nearest level given wins field by field: namespace/model, namespace, default/model, default.
Fields: ${fieldNames().join(', ')}.

  nearhit policy get support
  nearhit policy set support threshold=0.93 guard=strict
  nearhit policy set support/gpt-4o ttlSeconds=3600
  nearhit policy unset support threshold`,
    )
    .addCommand(getCommand(io, output))
    .addCommand(listCommand(io, output))
    .addCommand(setCommand(io, output))
    .addCommand(unsetCommand(io, output));
}

const common = (command: Command): Command =>
  withToken(withUrl(command)).option('--json', "the admin API's answer as JSON");

function show(output: Output, policy: PolicyAnswer, options: PolicyOptions): void {
  if (options.json === true) output.json(policy);
  else showPolicy(output, policy);
}

function getCommand(io: Io, output: Output): Command {
  return common(new Command('get'))
    .description('The fields in force, and who set each')
    .argument(LEVEL, 'default: the root', 'default')
    .action(async (level: string, options: PolicyOptions) => {
      const { namespace, model } = levelOf(level);
      show(output, await withClient(targetOf(options, io), (client) => client.policies.get(namespace, model)), options);
    });
}

function listCommand(io: Io, output: Output): Command {
  return common(new Command('list'))
    .description('Every level at which something is set')
    .action(async (options: PolicyOptions) => {
      const { policies } = await withClient(targetOf(options, io), (client) => client.policies.list());
      if (options.json === true) output.json({ policies });
      else
        output.table(
          [{ head: 'level' }, { head: 'set there' }],
          policies.map((policy) => [
            levelName(policy.namespace, policy.model ?? undefined),
            Object.entries(policy.own)
              .map(([field, value]) => `${field}=${value}`)
              .join(' ') || '(nothing: built-in values)',
          ]),
        );
    });
}

function setCommand(io: Io, output: Output): Command {
  return common(new Command('set'))
    .description('Set fields, in force at once; `field=` takes one back to what it inherits')
    .argument(LEVEL, 'default: the root')
    .argument('[field=value...]', 'fields to set')
    .option('--replace', 'forget what else the admin API had set at this level')
    .action(
      async (first: string | undefined, rest: readonly string[], options: PolicyOptions & { replace?: boolean }) => {
        const { level, more } = splitLevel([...(first === undefined ? [] : [first]), ...rest]);
        const { namespace, model } = levelOf(level);
        const fields = assignments(more);
        if (more.length === 0) throw new UsageError(`Nothing to set. Fields: ${fieldNames().join(', ')}.`);
        const target = targetOf(options, io);
        const policy = await withClient(target, ({ policies }) =>
          options.replace === true
            ? policies.put(namespace, model, withoutNull(fields))
            : policies.patch(namespace, model, fields),
        );
        show(output, policy, options);
      },
    );
}

function unsetCommand(io: Io, output: Output): Command {
  return common(new Command('unset'))
    .description('Take fields back to what they inherit; without fields, all that the admin API set there')
    .argument('<namespace[/model]>')
    .argument('[field...]', 'fields to take back')
    .action(async (level: string, fields: readonly string[], options: PolicyOptions) => {
      const { namespace, model } = levelOf(level);
      const nulls = assignments(fields.map((field) => `${field}=`));
      const policy = await withClient(targetOf(options, io), async ({ policies }) => {
        if (fields.length > 0) return policies.patch(namespace, model, nulls);
        await policies.delete(namespace, model);
        return policies.get(namespace, model);
      });
      show(output, policy, options);
    });
}

type Nullable = ReturnType<typeof policyPatchBody.parse>;

function withoutNull(fields: Nullable): PolicyPatch {
  const given = Object.entries(fields).filter(([, value]) => value !== null);
  if (given.length === 0)
    throw new UsageError('With --replace, set at least one field; `policy unset` forgets them all.');
  return Object.fromEntries(given) as PolicyPatch;
}

function showPolicy(output: Output, { namespace, model, own: _, origin, ...fields }: PolicyAnswer): void {
  output.title(`policy ${levelName(namespace, model ?? undefined)}`);
  output.table(
    [{ head: 'field' }, { head: 'in force', align: 'right' }, { head: 'set by' }],
    Object.entries(fields).map(([field, value]) => {
      const by = origin[field] ?? '';
      return [field, String(value), by === 'built-in' ? output.style('dim', by) : by];
    }),
  );
}
