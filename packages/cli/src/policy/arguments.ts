import { NAMESPACE_PATTERN, policySchema } from '@nearhit/core';
import { policyPatchBody } from '@nearhit/http/client';
import { UsageError } from '../failures.ts';

export interface Level {
  readonly namespace: string;
  readonly model: string | undefined;
}

export const levelName = (namespace: string, model: string | undefined): string =>
  model === undefined ? namespace : `${namespace}/${model}`;

export const fieldNames = (): string[] => Object.keys(policySchema.shape);

/** `support`, `support/gpt-4o`; a model's name may contain slashes itself. Throws UsageError. */
export function levelOf(text: string): Level {
  const slash = text.indexOf('/');
  const namespace = slash < 0 ? text : text.slice(0, slash);
  const model = slash < 0 ? undefined : text.slice(slash + 1);
  if (!NAMESPACE_PATTERN.test(namespace))
    throw new UsageError(
      `Not a namespace: ${JSON.stringify(namespace)}; expected 1 to 128 characters out of A-Z a-z 0-9 . _ : -`,
    );
  if (model === '') throw new UsageError(`No model after the slash: ${text}`);
  return { namespace, model };
}

/** The level may be left out in front of `field=value`: then it is the root. */
export function splitLevel(given: readonly string[]): { level: string; more: readonly string[] } {
  const [first, ...more] = given;
  return first === undefined || /^[A-Za-z]+=/.test(first) ? { level: 'default', more: given } : { level: first, more };
}

/** `threshold=0.9 guard=strict mode=` as the body of a PATCH; an empty value or `null` is null. Throws UsageError. */
export function assignments(given: readonly string[]): ReturnType<typeof policyPatchBody.parse> {
  if (given.length === 0) return {};
  const values = new Map<string, unknown>();
  for (const text of given) {
    const [, field, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (field === undefined || value === undefined)
      throw new UsageError(`Expected field=value, got ${JSON.stringify(text)}. Fields: ${fieldNames().join(', ')}.`);
    if (values.has(field)) throw new UsageError(`${field} is given twice.`);
    values.set(field, readValue(value));
  }
  const body = Object.fromEntries(values);
  const parsed = policyPatchBody.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map((issue) => faultOf(issue, body)).join('\n         '));
}

function readValue(text: string): unknown {
  if (text === '' || text === 'null') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text) ? Number(text) : text;
}

interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function faultOf(issue: Issue, body: Readonly<Record<string, unknown>>): string {
  if (issue.keys !== undefined) return `No such field: ${issue.keys.join(', ')}. Fields: ${fieldNames().join(', ')}.`;
  const field = String(issue.path[0]);
  return `${field}: ${issue.message}, got ${JSON.stringify(body[field])}`;
}
