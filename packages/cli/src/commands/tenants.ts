import { tenantBody } from '@nearhit/http/client';
import { Command } from 'commander';
import { UsageError } from '../failures.ts';
import { usd } from '../format.ts';
import type { Io } from '../io.ts';
import { checked, type LimitOptions, limitsOf, withLimits } from '../keys/options.ts';
import { share, showTenant } from '../keys/show.ts';
import { Output } from '../output.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

interface TenantOptions extends TargetOptions {
  readonly json?: boolean;
}

export function tenantsCommand(io: Io): Command {
  const output = new Output(io);
  return new Command('tenants')
    .description('Limits of tenants, for all their keys together')
    .addHelpText(
      'after',
      `
What is set here wins over nearhit.yaml, limit by limit; \`none\` is no limit although the file has one.

  nearhit tenants set acme --rpm 600 --budget-month 500
  nearhit tenants unset acme`,
    )
    .addCommand(listCommand(io, output))
    .addCommand(showCommand(io, output))
    .addCommand(setCommand(io, output))
    .addCommand(unsetCommand(io, output));
}

const common = (command: Command): Command =>
  withToken(withUrl(command)).option('--json', "the admin API's answer as JSON");

function listCommand(io: Io, output: Output): Command {
  return common(new Command('list'))
    .description('Tenants for which something is set, with what they have used')
    .action(async (options: TenantOptions) => {
      const { tenants } = await withClient(targetOf(options, io), (client) => client.tenants.list());
      if (options.json === true) return output.json({ tenants });
      if (tenants.length === 0) return output.line('Nothing is set for any tenant.');
      output.table(
        [
          { head: 'tenant' },
          ...['requests/min', 'tokens/min', 'at once', 'today', 'month'].map((head) => ({
            head,
            align: 'right' as const,
          })),
        ],
        tenants.map(({ id, rpm, tpm, concurrent, budgetUsdDay, budgetUsdMonth, use }) => [
          ...[
            id,
            share(use?.requestsThisMinute, rpm),
            share(use?.tokensThisMinute, tpm),
            share(use?.inFlight, concurrent),
          ],
          ...[share(use?.spentUsdDay, budgetUsdDay, usd), share(use?.spentUsdMonth, budgetUsdMonth, usd)],
        ]),
      );
    });
}

function showCommand(io: Io, output: Output): Command {
  return common(new Command('show'))
    .description('Limits in force for a tenant, and what it has used')
    .argument('<id>')
    .action(async (id: string, options: TenantOptions) => {
      const tenant = await withClient(targetOf(options, io), ({ tenants }) => tenants.get(id));
      if (options.json === true) output.json(tenant);
      else showTenant(output, tenant);
    });
}

function setCommand(io: Io, output: Output): Command {
  return common(withLimits(new Command('set')))
    .description('Set limits, leave the others')
    .argument('<id>')
    .action(async (id: string, options: TenantOptions & LimitOptions) => {
      const limits = limitsOf(options);
      if (Object.keys(limits).length === 0) throw new UsageError('Nothing to set: see --help for what there is.');
      checked(tenantBody, limits);
      const tenant = await withClient(targetOf(options, io), async ({ tenants }) => {
        const { own } = await tenants.get(id);
        return tenants.put(id, { ...own, ...limits });
      });
      if (options.json === true) output.json(tenant);
      else showTenant(output, tenant);
    });
}

function unsetCommand(io: Io, output: Output): Command {
  return common(new Command('unset'))
    .description('Forget what was set here: the limits of nearhit.yaml are in force again')
    .argument('<id>')
    .action(async (id: string, options: TenantOptions) => {
      const tenant = await withClient(targetOf(options, io), async ({ tenants }) => {
        await tenants.delete(id);
        return tenants.get(id);
      });
      if (options.json === true) output.json(tenant);
      else showTenant(output, tenant);
    });
}
