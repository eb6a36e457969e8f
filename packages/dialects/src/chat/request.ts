import { type JsonObject, NearhitError } from '@nearhit/core';
import { z } from 'zod';

/** What an item of each type must have. */
export type PartTable = Readonly<Record<string, z.ZodType>>;

interface ListWords {
  /** What the items are called: `block`, `item`. */
  readonly word: string;
  /** Types beside those of the table that pass as they are. */
  readonly passes?: (type: string) => boolean;
}

/** A list of objects, each with its `type` and what that type must have. */
export function typedList(table: PartTable, { word, passes }: ListWords) {
  return z.array(z.looseObject({ type: z.string() })).superRefine((items, context) => {
    items.forEach((item, at) => {
      const schema = Object.hasOwn(table, item.type) ? table[item.type] : undefined;
      if (schema === undefined) {
        if (passes?.(item.type) === true) return;
        const message = `unknown type of ${word}: expected one of ${Object.keys(table).join(', ')}`;
        context.addIssue({ code: 'custom', path: [at, 'type'], message });
        return;
      }
      const parsed = schema.safeParse(item);
      for (const { path, message } of parsed.error?.issues ?? [])
        context.addIssue({ code: 'custom', path: [at, ...path], message });
    });
  });
}

/** A text, or such a list. */
export function textOrList(list: z.ZodType, word: string) {
  return z.unknown().superRefine((value, context) => {
    if (typeof value === 'string') return;
    if (!Array.isArray(value)) {
      context.addIssue({ code: 'custom', message: `expected a text or a list of ${word}s` });
      return;
    }
    for (const { path, message } of list.safeParse(value).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: [...path], message });
  });
}

/** One text part and nothing beside it is a plain text: so it is the same request as one that was written so. */
export function plainContent(parts: readonly JsonObject[]): string | readonly JsonObject[] {
  const [only] = parts;
  if (parts.length !== 1 || only?.type !== 'text' || Object.keys(only).length !== 2) return parts;
  return only.text as string;
}

/** Without the fields that say nothing. */
export function given(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

/** Throws INVALID_REQUEST where the JSON is nested so deeply that it can't be written. */
export function jsonBytes(body: object): Buffer {
  try {
    return Buffer.from(JSON.stringify(body));
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new NearhitError('INVALID_REQUEST', 'The body is nested too deeply.', { cause });
    throw cause;
  }
}
