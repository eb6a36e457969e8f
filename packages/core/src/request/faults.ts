import type { z } from 'zod';
import { NearhitError } from '../errors.ts';

/** Up to this many faults are named in one message. */
const FAULTS_SHOWN = 5;

/** `messages[0].role`, as OpenAI writes paths. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );
}

/** All faults of a zod error in one message for the caller, the first one's path as `param`. */
export function invalidRequest(error: z.ZodError, where = ''): NearhitError {
  const issues = error.issues.map((issue) => ({
    path: [where, pathText(issue.path)].filter(Boolean).join('.'),
    message: issue.message,
  }));
  const shown = issues
    .slice(0, FAULTS_SHOWN)
    .map(({ path, message }) => (path === '' ? message : `'${path}': ${message}`));
  const more = issues.length > FAULTS_SHOWN ? ` (and ${issues.length - FAULTS_SHOWN} more)` : '';
  return new NearhitError('INVALID_REQUEST', `Invalid request: ${shown.join('; ')}${more}.`, {
    param: issues[0]?.path || null,
  });
}
