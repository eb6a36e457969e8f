import { isObject, type JsonObject } from '@nearhit/core';
import { textOf } from '../provider/values.ts';

/** Limits that Anthropic's structured outputs refuse; they are said in the description instead. */
const SAID_ONLY: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]);
const BY_NAME = ['properties', '$defs', 'definitions'] as const;
const LISTS = ['anyOf', 'allOf', 'oneOf'] as const;

/** A JSON schema as Anthropic takes it for answers: closed objects, and limits as words. */
export function answerSchema(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const limits: string[] = [];
  const taken: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    if (SAID_ONLY.has(name) || (name === 'minItems' && Number(value) > 1))
      limits.push(`${name}: ${JSON.stringify(value)}`);
    else taken[name] = value;
  }
  for (const name of BY_NAME) {
    const children = taken[name];
    if (isObject(children))
      taken[name] = Object.fromEntries(Object.entries(children).map(([key, child]) => [key, answerSchema(child)]));
  }
  for (const name of LISTS) if (Array.isArray(taken[name])) taken[name] = taken[name].map(answerSchema);
  if (taken.items !== undefined) taken.items = answerSchema(taken.items);
  if (isObjectSchema(taken)) taken.additionalProperties = false;
  if (limits.length > 0)
    taken.description = [textOf(taken.description), `(${limits.join(', ')})`].filter(Boolean).join(' ');
  return taken;
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isObject(properties);
}
