import { z } from 'zod';
import type { Path } from './faults.ts';

interface JsonSchema {
  readonly type?: string;
  /** Of what no rule of the schema says in words. */
  readonly expected?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
}

/** What a schema wants, in words: `a number from 0 to 1`. */
export function expectationOf(schema: z.ZodType): string {
  return expectationAt(schema, []);
}

/** What a schema wants at a path. */
export function expectationAt(schema: z.ZodType, path: Path): string {
  const node = nodeAt(schema, path);
  return node === undefined ? 'something else' : inWords(node);
}

/** Keys that a map may have at a path. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  return Object.keys(nodeAt(schema, path)?.properties ?? {});
}

function nodeAt(schema: z.ZodType, path: Path): JsonSchema | undefined {
  let node: JsonSchema | undefined = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  for (const step of path) {
    if (node === undefined) return undefined;
    if (typeof step === 'number') node = node.items;
    else
      node =
        node.properties?.[step] ??
        (typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined);
  }
  return node;
}

function inWords(node: JsonSchema): string {
  if (node.expected !== undefined) return node.expected;
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`;
  if (node.type === 'integer') return `an integer${range(node)}`;
  if (node.type === 'number') return `a number${range(node)}`;
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'array') return 'a list';
  if (node.type === 'object') return 'a map';
  if (node.type === 'string') return (node.minLength ?? 0) > 0 ? 'a string that is not empty' : 'a string';
  return 'something else';
}

function range({ minimum, maximum }: JsonSchema): string {
  const from = bound(minimum);
  const to = bound(maximum);
  if (from !== undefined && to !== undefined) return ` from ${from} to ${to}`;
  if (from !== undefined) return ` of at least ${from}`;
  return to === undefined ? '' : ` of at most ${to}`;
}

/** The ends of the safe integers are zod's way of saying nothing. */
function bound(value: number | undefined): number | undefined {
  return value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value;
}
