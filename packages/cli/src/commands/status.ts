import { type AdminClient, AdminClientError, type ServicesAnswer, type StatsAnswer } from '@nearhit/http/client';
import { Command, Option } from 'commander';
import { bytes, counted, milliseconds, percent, usd, whole } from '../format.ts';
import type { Io, SetExitCode, Target } from '../io.ts';
import { Output } from '../output.ts';
import { showServices } from '../services.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';

type Window = StatsAnswer['window'];
const WINDOWS: Readonly<Record<Window, string>> = {
  '5m': 'last 5 minutes',
  '1h': 'last hour',
  '24h': 'last 24 hours',
  '7d': 'last 7 days',
};

interface StatusOptions extends TargetOptions {
  readonly window: Window;
  readonly json?: boolean;
}

type Readiness = Awaited<ReturnType<AdminClient['status']>>;
type Provider = Awaited<ReturnType<AdminClient['providers']>>['providers'][number];

export function statusCommand(io: Io, exitWith: SetExitCode): Command {
  return withToken(withUrl(new Command('status')))
    .description(
      'What a running gateway does: health, hits and misses, money saved, providers, stored answers, services and queue',
    )
    .addOption(new Option('--window <span>', 'of the figures').choices(Object.keys(WINDOWS)).default('1h'))
    .option('--json', 'everything as one JSON document')
    .action(async (options: StatusOptions) => {
      const target = targetOf(options, io);
      const { health, readiness } = await withClient(target, async (client) => ({
        health: await client.health(),
        readiness: await client.status(),
      }));
      if (!readiness.ready) exitWith(1);
      const output = new Output(io);
      // Health needs no token: it is shown even when what follows fails for want of one.
      if (options.json !== true) showHealth(output, target, readiness);
      const [stats, { providers }, together] = await withClient(target, (client) =>
        Promise.all([client.stats({ window: options.window }), client.providers(), servicesOf(client)]),
      );
      const { services, log = null, queue = null } = together ?? { services: null };
      if (options.json === true)
        output.json({ url: target.url, health, readiness, stats, providers, services, log, queue });
      else {
        showStats(output, stats);
        showProviders(output, providers);
        if (together === undefined)
          output.line(`\n  ${output.style('yellow', 'The other services can not be asked.')}`);
        else showServices(output, together);
      }
    });
}

/** Undefined when what they report to is away: then the rest is worth showing all the more. */
async function servicesOf(client: AdminClient): Promise<ServicesAnswer | undefined> {
  try {
    return await client.services();
  } catch (error) {
    if (error instanceof AdminClientError && error.status === 404) return { services: [] };
    if (error instanceof AdminClientError && error.status === 503) return undefined;
    throw error;
  }
}

function showHealth(output: Output, { url }: Target, { ready, degraded }: Readiness): void {
  const state = !ready
    ? output.style('red', `not ready (${degraded.join(', ')})`)
    : degraded.length === 0
      ? output.style('green', 'ready')
      : output.style('yellow', `ready, but degraded: ${degraded.join(', ')}`);
  output.line(`${output.style('bold', url)}  ${state}`);
}

const NAMES_SHOWN = 4;

/** The most frequent few; the rest as one. */
function counts(of: Readonly<Record<string, number>>): string {
  const some = Object.entries(of).filter(([, count]) => count > 0);
  some.sort(([, a], [, b]) => b - a);
  const rest = some.splice(NAMES_SHOWN).reduce((sum, [, count]) => sum + count, 0);
  return [...some, ...(rest > 0 ? [['others', rest] as const] : [])]
    .map(([name, count]) => `${name} ${whole(count)}`)
    .join(', ');
}

const withDetail = (count: number, of: Readonly<Record<string, number>>): string =>
  `${whole(count)}${count > 0 && counts(of) !== '' ? `  (${counts(of)})` : ''}`;

function showStats(output: Output, stats: StatsAnswer): void {
  const { spent, saved } = stats.tokens;
  const looked = stats.hits + stats.stale + stats.misses;
  output.line();
  output.title(WINDOWS[stats.window]);
  output.facts([
    ['requests', whole(stats.requests)],
    ['hit rate', looked === 0 ? '-' : percent(stats.hitRate)],
    ['hits', withDetail(stats.hits, stats.hitsByLayer)],
    ['misses', withDetail(stats.misses, stats.missesByReason)],
    ['bypasses', withDetail(stats.bypasses, stats.bypassesByReason)],
    ['stale', stats.stale === 0 ? undefined : whole(stats.stale)],
    ['errors', whole(stats.errors)],
    ['saved', `${usd(stats.usd.saved)}, ${counted(saved.input + saved.output, 'token')}`],
    ['spent', `${usd(stats.usd.spent)}, ${counted(spent.input + spent.output, 'token')}`],
    ['stored', `${counted(stats.entries, 'answer')}, ${bytes(stats.bytes)}`],
    ['incidents', counts(stats.incidents) || undefined],
  ]);
  const byOutcome = Object.entries(stats.latencyMs).sort(([a], [b]) => (a < b ? -1 : 1));
  const latencies = [...byOutcome, ['nearhit itself', stats.overheadMs] as const].filter(([, { count }]) => count > 0);
  if (latencies.length === 0) return;
  output.line();
  output.table(
    [{ head: 'latency' }, ...['count', 'p50', 'p95', 'p99'].map((head) => ({ head, align: 'right' as const }))],
    latencies.map(([outcome, { count, p50, p95, p99 }]) => [
      outcome,
      whole(count),
      ...[p50, p95, p99].map(milliseconds),
    ]),
  );
}

function showProviders(output: Output, providers: readonly Provider[]): void {
  output.line();
  output.table(
    [
      { head: 'provider' },
      { head: 'kind' },
      { head: 'address' },
      ...['requests', 'errors', 'in flight'].map((head) => ({ head, align: 'right' as const })),
    ],
    providers.map(({ id, kind, baseUrl, requests, errors, inFlight }) => [
      id,
      kind,
      baseUrl === '' ? 'built in' : baseUrl,
      whole(requests),
      whole(errors),
      whole(inFlight),
    ]),
  );
}
