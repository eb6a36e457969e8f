import { Command } from 'commander';
import { batchCommand } from './commands/batch.ts';
import { benchCommand } from './commands/bench.ts';
import { calibrationCommand } from './commands/calibration.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evalCommand } from './commands/eval.ts';
import { exportCommand } from './commands/export.ts';
import { feedbackCommand } from './commands/feedback.ts';
import { importCommand } from './commands/import.ts';
import { keysCommand } from './commands/keys.ts';
import { modelsCommand } from './commands/models.ts';
import { policyCommand } from './commands/policy.ts';
import { queueCommand } from './commands/queue.ts';
import { roiCommand } from './commands/roi.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { tenantsCommand } from './commands/tenants.ts';
import { usageCommand } from './commands/usage.ts';
import type { Io, SetExitCode } from './io.ts';
import { version } from './version.ts';

/** The whole command tree. Parsing throws CommanderError, UsageError or Failure. */
export function createProgram(io: Io, exitWith: SetExitCode): Command {
  const program = new Command('nearhit')
    .description('A semantic cache in front of language models: start it, look at it, tune it, measure it.')
    .version(version)
    .addHelpText('after', '\nExit codes: 0 ok, 1 failed, 2 wrong usage.')
    .addCommand(startCommand(io))
    .addCommand(statusCommand(io, exitWith))
    .addCommand(doctorCommand(io, exitWith))
    .addCommand(modelsCommand(io))
    .addCommand(policyCommand(io))
    .addCommand(keysCommand(io))
    .addCommand(tenantsCommand(io))
    .addCommand(queueCommand(io, exitWith))
    .addCommand(usageCommand(io))
    .addCommand(feedbackCommand(io))
    .addCommand(calibrationCommand(io))
    .addCommand(roiCommand(io))
    .addCommand(batchCommand(io, exitWith))
    .addCommand(exportCommand(io))
    .addCommand(importCommand(io, exitWith))
    .addCommand(evalCommand(io, exitWith))
    .addCommand(benchCommand(io, exitWith));
  program.addCommand(completionCommand(io, program));
  settle(program, io);
  return program;
}

/** commander settles these per command; subcommands that are added do not inherit them. */
function settle(command: Command, io: Io): void {
  command
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, 'nearhit:')),
    });
  for (const child of command.commands) settle(child, io);
}
