import { Argument, Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.ts';
import type { Io } from '../io.ts';
import { Output } from '../output.ts';

/** `program`: all that is to be completed. */
export function completionCommand(io: Io, program: Command): Command {
  const output = new Output(io);
  return new Command('completion')
    .description('A script that completes commands and flags in a shell')
    .addArgument(new Argument('<shell>', 'whose script').choices(SHELLS))
    .option('--json', 'as JSON: {"shell", "script"}')
    .action((shell: Shell, { json }: { json?: boolean }) => {
      const script = completionScript(program, shell);
      if (json === true) output.json({ shell, script });
      else output.line(script.trimEnd());
    });
}
