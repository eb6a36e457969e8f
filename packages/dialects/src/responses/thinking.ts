import { isObject, type JsonObject } from '@nearhit/core';

/** Signed thinking travels through the Responses API in the field that is made for what only its provider can read. */
const PREFIX = 'nearhit-thinking-1.';

export function sealThinking(blocks: readonly JsonObject[]): string {
  return PREFIX + Buffer.from(JSON.stringify(blocks)).toString('base64url');
}

/** Undefined: not of our making. */
export function openThinking(sealed: unknown): JsonObject[] | undefined {
  if (typeof sealed !== 'string' || !sealed.startsWith(PREFIX)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(sealed.slice(PREFIX.length), 'base64url').toString('utf8'));
    return Array.isArray(value) ? value.filter(isObject) : undefined;
  } catch {
    return undefined;
  }
}
