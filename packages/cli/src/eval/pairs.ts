import { z } from 'zod';
import type { Line } from '../lines.ts';

/** Two questions, and whether one answer serves both. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly equivalent: boolean;
  readonly kind: string | undefined;
}

export type ReadLine =
  | { readonly pair: Pair }
  | { readonly fault: string }
  /** Nothing on it. */
  | undefined;

const question = z.string().refine((text) => text.trim() !== '', 'expected a question, got an empty text');
const pairSchema = z.object({
  a: question,
  b: question,
  equivalent: z.union([z.boolean(), z.literal(0).transform(() => false), z.literal(1).transform(() => true)], {
    error: 'expected true or false',
  }),
  kind: z.string().nullish(),
  /** People do not agree on it. */
  disputable: z.boolean().nullish(),
});

/** A line of JSONL as a pair. What is marked `disputable` counts as an empty line; other fields are ignored. */
export function readPair(line: Line): ReadLine {
  if (line.text === undefined) return { fault: line.fault ?? 'unreadable' };
  if (line.text.trim() === '') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line.text);
  } catch (error) {
    return { fault: `not JSON: ${(error as Error).message}` };
  }
  const parsed = pairSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
    );
    return { fault: faults.join('; ') };
  }
  const { a, b, equivalent, kind, disputable } = parsed.data;
  if (disputable === true) return undefined;
  return { pair: { a: a.toWellFormed(), b: b.toWellFormed(), equivalent, kind: kind ?? undefined } };
}
