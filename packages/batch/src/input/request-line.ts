import { isUtf8 } from 'node:buffer';
import { type BatchFault, topFields } from '@nearhit/core';
import type { RawLine } from './lines.ts';

/** One request of a batch. */
export interface RequestLine {
  readonly number: number;
  readonly customId: string;
  readonly model: string;
  /** The request's body, byte for byte as it stands in the file. */
  readonly body: Buffer;
}

const CUSTOM_ID_CHARS_MAX = 512;
const SHOWN_CHARS = 100;
const shown = (text: string): string => (text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text);

/** What a line asks for, or what is wrong with it, as OpenAI reports it. */
export function readRequestLine(raw: RawLine, endpoint: string, lineBytesMax: number): RequestLine | BatchFault {
  const fault = (code: string, message: string, param?: string): BatchFault => ({
    ...{ code, message, line: raw.number },
    ...(param !== undefined && { param }),
  });
  if (raw.tooLong) return fault('line_too_long', `This line is longer than the limit of ${lineBytesMax} bytes.`);
  const value = objectIn(raw.bytes);
  if (value === undefined) return fault('invalid_json_line', 'This line is not parseable as valid JSON.');
  if (value === 'other') return fault('invalid_json_line', 'This line is valid JSON, but not an object.');
  const { custom_id: customId, method, url, body } = value;
  for (const name of ['custom_id', 'method', 'url', 'body'] as const)
    if (value[name] === undefined || value[name] === null)
      return fault('missing_required_parameter', `Missing required parameter: '${name}'.`, name);
  if (typeof customId !== 'string' || customId === '' || customId.length > CUSTOM_ID_CHARS_MAX)
    return fault(
      'invalid_custom_id',
      `custom_id must be a text of 1 to ${CUSTOM_ID_CHARS_MAX} characters.`,
      'custom_id',
    );
  if (method !== 'POST')
    return fault('invalid_method', `The method must be POST, got ${shown(String(method))}.`, 'method');
  if (url !== endpoint)
    return fault(
      'invalid_url',
      `The url ${shown(String(url))} does not match the batch's endpoint ${endpoint}.`,
      'url',
    );
  if (typeof body !== 'object' || Array.isArray(body)) return fault('invalid_body', 'body must be an object.', 'body');
  const { model, stream } = body as Record<string, unknown>;
  if (typeof model !== 'string' || model === '')
    return fault('missing_required_parameter', "Missing required parameter: 'model'.", 'body.model');
  if (stream === true)
    return fault('unsupported_parameter', 'A batch does not stream: leave stream out.', 'body.stream');
  return { number: raw.number, customId, model, body: bodyIn(raw.bytes) };
}

export const isFault = (read: RequestLine | BatchFault): read is BatchFault => 'code' in read;

function objectIn(bytes: Buffer): Record<string, unknown> | 'other' | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : 'other';
  } catch {
    return undefined;
  }
}

/** Written anew, large numbers would not be what they were. Of a repeated field the last one counts, as for JSON.parse. */
function bodyIn(line: Buffer): Buffer {
  let body = line;
  for (const { key, start, end } of topFields(line)) {
    if (key !== 'body') continue;
    const field = line.subarray(start, end);
    body = field.subarray(field.indexOf(':') + 1);
  }
  // A copy: the line is a slice of a much larger piece of the file.
  return Buffer.from(body.toString('utf8').trim());
}
