import { isObject, type JsonObject, NearhitError } from '@nearhit/core';

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** What a provider counted; 0 when it did not. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

/** Fields whose value is undefined or null are left out. */
export function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

export function invalid(message: string, param: string): NearhitError {
  return new NearhitError('INVALID_REQUEST', message, { param });
}

/** An object, or `wrap` of what is none: arguments and results of tools are objects with some vendors. */
export function objectFrom(json: string, wrap: (text: string) => JsonObject): JsonObject {
  if (json.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    if (isObject(value)) return value;
  } catch {
    // A model can write arguments that are none; the conversation about it must go on.
  }
  return wrap(json);
}
