import type { Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';

/** What a command may touch of the process it runs in. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable;
  /** The answer, and nothing else. */
  readonly stdout: WriteStream;
  /** Errors, hints and progress. */
  readonly stderr: WriteStream;
}

/** An empty variable counts as one that is not set. */
export function variable(io: Pick<Io, 'env'>, name: string): string | undefined {
  const value = io.env[name]?.trim();
  return value === '' ? undefined : value;
}

export type SetExitCode = (code: number) => void;

/** A running gateway, as options and environment name it. */
export interface Target {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: {
    readonly value: string | undefined;
    /** Where `value` is from, for messages. */
    readonly from: string;
    /** Where a gateway started here keeps its token. */
    readonly file: string;
  };
}
