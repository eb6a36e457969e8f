import { Command } from 'commander';
import {
  checkConfig,
  checkDataDir,
  checkModel,
  checkNode,
  checkPort,
  checkProviders,
  checkServices,
} from '../doctor/checks.ts';
import { type Finding, ok } from '../doctor/finding.ts';
import { checkRedis } from '../doctor/redis.ts';
import { counted } from '../format.ts';
import type { Io, SetExitCode, Target } from '../io.ts';
import { Output } from '../output.ts';
import { type TargetOptions, targetOf, withToken, withUrl } from '../target.ts';

interface DoctorOptions extends TargetOptions {
  readonly json?: boolean;
}

export function doctorCommand(io: Io, exitWith: SetExitCode): Command {
  const output = new Output(io);
  return withToken(withUrl(new Command('doctor')))
    .description('Look whether all is there that the gateway needs, and say what to do about what is not')
    .option('--json', 'what was found, as JSON')
    .action(async (options: DoctorOptions) => {
      const findings = await examined(io, targetOf(options, io));
      const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
      if (options.json === true) output.json({ findings, failed: count('fail'), warnings: count('warn') });
      else show(output, findings, count);
      if (count('fail') > 0) exitWith(1);
    });
}

async function examined(io: Io, target: Target): Promise<Finding[]> {
  const { config, findings } = checkConfig(io);
  const first = [checkNode(process.version), ...findings];
  // All else is looked for where the configuration says.
  if (config === undefined) return first;
  const { url } = config.redis;
  const rest = await Promise.all([
    checkPort(config, target).then((one) => [one]),
    url === undefined ? [ok('redis', 'none: everything runs in one process')] : checkRedis(url, Date.now),
    checkServices(config),
    checkModel(config),
  ]);
  return [...first, checkProviders(config), ...checkDataDir(config), ...rest.flat()];
}

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function show(output: Output, findings: readonly Finding[], count: (state: Finding['state']) => number): void {
  for (const { check, state, found, todo } of findings) {
    output.line(`${output.style(COLOURS[state], state.padEnd(4))}  ${check.padEnd(13)}  ${found}`);
    if (todo !== undefined) output.line(`${' '.repeat(21)}${todo}`);
  }
  output.line();
  const [failed, warnings] = [count('fail'), count('warn')];
  if (failed + warnings === 0) output.line('All is well.');
  else output.line(`${counted(failed, 'failure')}, ${counted(warnings, 'warning')}.`);
}
