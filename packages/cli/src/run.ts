import { CommanderError } from 'commander';
import { Failure, UsageError } from './failures.ts';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';

/** Runs one command line. Resolves with the exit code: 0 ok, 1 failed, 2 called in a way that can't work. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  try {
    const program = createProgram(io, (code) => {
      exitCode = code;
    });
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has said what is wrong; asking for help or for the version is right.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError) return tell(io, error.message, 2);
    if (error instanceof Failure) return tell(io, error.message, 1);
    return tell(io, error instanceof Error ? (error.stack ?? error.message) : String(error), 1);
  }
}

function tell(io: Io, message: string, exitCode: number): number {
  io.stderr.write(`nearhit: ${message}\n`);
  return exitCode;
}
