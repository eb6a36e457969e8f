import { topFields } from './top-fields.ts';

const COMMA = Buffer.from(',');

/**
 * The same JSON object without one of its fields, however often it is there; every other field stays byte for byte
 * (parsing and writing again would change numbers). `body` must be a valid JSON object.
 */
export function stripField(body: Buffer, field: string): Buffer {
  const kept: Buffer[] = [];
  for (const { key, start, end } of topFields(body)) if (key !== field) kept.push(COMMA, body.subarray(start, end));
  return Buffer.concat([Buffer.from('{'), ...kept.slice(1), Buffer.from('}')]);
}
