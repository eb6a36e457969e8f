import { AdminClientError } from '@nearhit/http/client';
import type { Target } from './io.ts';

/** Called in a way that can't work: exit code 2. */
export class UsageError extends Error {}

/** What was asked for failed, for a reason that the message tells: exit code 1. */
export class Failure extends Error {}

/** The system's code (`ECONNREFUSED`, `ENOENT` ...) of an error or of what caused it. */
export function systemCode(error: unknown): string | undefined {
  let at = error as { code?: unknown; cause?: unknown } | null | undefined;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 5; depth += 1) {
    if (typeof at.code === 'string' && /^E[A-Z]+$/.test(at.code)) return at.code;
    at = at.cause as typeof at;
  }
  return undefined;
}

export function nobodyAnswers(url: string): Failure {
  return new Failure(`No gateway answers on ${url}: start it with \`nearhit start\`, or name another with --url.`);
}

/** An error of the admin client in the words of somebody at a terminal. */
export function explained(error: unknown, { url, token }: Target): unknown {
  if (!(error instanceof AdminClientError)) return error;
  if (systemCode(error) === 'ECONNREFUSED') return nobodyAnswers(url);
  if (error.status !== 401) return new Failure(error.message, { cause: error });
  const found =
    token.value === undefined ? 'No admin token was found' : `The gateway refuses the admin token of ${token.from}`;
  return new Failure(
    `${found}. It is looked for in --token, then NEARHIT_ADMIN_TOKEN, then ${token.file}, ` +
      'which the gateway writes at its first start (in NEARHIT_DATA_DIR, else ./.nearhit).',
    { cause: error },
  );
}
