import { NearhitError, pathText } from '@nearhit/core';
import type { z } from 'zod';

/** One part of a request that is checked against a schema. */
export interface Part {
  /** `body`, `query` or `path`, as it is named to the caller. */
  readonly name: string;
  readonly schema: z.ZodType | undefined;
  readonly value: unknown;
}

const FAULTS_SHOWN = 20;

/** The checked values in order. Throws INVALID_REQUEST that names every fault with its path and expectation. */
export function checkAll(parts: readonly Part[]): unknown[] {
  const faults: { param: string; text: string }[] = [];
  const values = parts.map(({ name, schema, value }) => {
    if (schema === undefined) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) faults.push(describe(name, issue, schema));
    return undefined;
  });
  if (faults.length === 0) return values;
  const shown = faults.slice(0, FAULTS_SHOWN).map(({ text }) => text);
  const more = faults.length > FAULTS_SHOWN ? ` (and ${faults.length - FAULTS_SHOWN} more)` : '';
  throw new NearhitError('INVALID_REQUEST', `Invalid request: ${shown.join('; ')}${more}.`, {
    param: faults[0]?.param ?? null,
  });
}

function describe(part: string, issue: z.core.$ZodIssue, schema: z.ZodType): { param: string; text: string } {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => (path === '' ? key : `${path}.${key}`));
    const known = path === '' ? knownKeys(schema) : [];
    const hint = known.length === 0 ? '' : ` (known: ${known.join(', ')})`;
    return { param: keys[0] ?? part, text: `${part}: unknown ${keys.map((key) => `'${key}'`).join(', ')}${hint}` };
  }
  return {
    param: path === '' ? part : path,
    text: path === '' ? `${part}: ${issue.message}` : `'${path}': ${issue.message}`,
  };
}

function knownKeys(schema: z.ZodType): string[] {
  const inner = 'in' in schema ? (schema.in as z.ZodType) : schema;
  return 'shape' in inner ? Object.keys(inner.shape as object) : [];
}
