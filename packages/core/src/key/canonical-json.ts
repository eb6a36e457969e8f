import { NearhitError } from '../errors.ts';

/** Deeper bodies are refused: no provider takes them, and every recursive reader behind us would be at risk. */
const DEPTH_MAX = 64;

/** A number that JSON text and a double do not agree about: two different requests would get one key. */
export class UnsafeNumber extends Error {}

const tooDeep = () =>
  new NearhitError('INVALID_REQUEST', `Invalid request: the body is nested deeper than ${DEPTH_MAX} levels.`);

/** Throws INVALID_REQUEST where `canonicalJson` would. */
export function assertDepth(value: unknown, depth = 0): void {
  if (depth > DEPTH_MAX) throw tooDeep();
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) for (const item of value) assertDepth(item, depth + 1);
  else for (const field in value) assertDepth((value as Record<string, unknown>)[field], depth + 1);
}

/**
 * One text per JSON value: keys sorted by code unit, no white space, numbers as JavaScript prints them. Two values give
 * the same text exactly when they are the same JSON value. Lone surrogates stay apart (`JSON.stringify` escapes them).
 * Throws INVALID_REQUEST beyond DEPTH_MAX, UnsafeNumber for integers beyond 2^53 and for infinities.
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > DEPTH_MAX) throw tooDeep();
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) throw new UnsafeNumber();
    return JSON.stringify(value);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  const fields = value as Record<string, unknown>;
  const parts: string[] = [];
  for (const key of Object.keys(fields).sort()) {
    if (fields[key] !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(fields[key], depth + 1)}`);
  }
  return `{${parts.join(',')}}`;
}
