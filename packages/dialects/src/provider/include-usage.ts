import { isObject, parseJsonObject } from '@nearhit/core';

/** `stream_options.include_usage` of a chat request; false where the body says nothing. */
export function includesUsage(body: Buffer): boolean {
  const { stream_options } = parseJsonObject(body);
  return isObject(stream_options) && stream_options.include_usage === true;
}
