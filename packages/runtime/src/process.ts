import pino, { type DestinationStream, type Logger } from 'pino';
import { CENSOR, REDACTED_PATHS, scrubbed } from './scrub.ts';

/** JSON lines on standard error: standard output is for people. Credentials are not written, in whatever field they are. */
export function openLog(
  level: string,
  service?: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: false }),
): Logger {
  const base = service === undefined ? undefined : { service };
  const redact = { paths: [...REDACTED_PATHS], censor: CENSOR };
  return pino({ level, base, redact, serializers: { err: errorOf, detail: textOf, why: textOf } }, destination);
}

function errorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return textOf(error);
  const { type, message, stack, ...more } = pino.stdSerializers.err(error);
  return { ...more, type, message: scrubbed(message), stack: scrubbed(stack) };
}

const textOf = (value: unknown): unknown => (typeof value === 'string' ? scrubbed(value) : value);

/** One clear line and exit code 1: what an operator can mend is never shown as a stack trace. */
function refuse(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  const hint = code === 'EADDRINUSE' ? ' Set PORT to a free one, or stop what listens there.' : '';
  process.stderr.write(`nearhit: ${message}${hint}\n`);
  process.exit(1);
}

/**
 * Runs a process: `start` answers when it serves. SIGTERM and SIGINT close it and end the process; a second one ends it
 * at once.
 */
export function runProcess(start: () => Promise<{ readonly log: Logger; close(): Promise<void> }>): void {
  const run = async () => {
    const { log, close } = await start();
    let stopping = false;
    const stop = async (signal: string) => {
      if (stopping) process.exit(1);
      stopping = true;
      log.info({ signal }, 'finishing requests in flight');
      await close().catch((error: Error) => {
        log.error(`not everything could be closed: ${error.message}`);
        process.exit(1);
      });
      process.exit(0);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  };
  run().catch(refuse);
}
