import { type JsonObject, NearhitError } from '@nearhit/core';
import { toAnthropicRequest } from './request.ts';

export const HI = [{ role: 'user', content: 'Hi' }];

export function put(request: JsonObject, model = 'claude-sonnet-4-5', maxOutputTokens?: number): JsonObject {
  const body = Buffer.from(JSON.stringify({ model: 'asked', messages: HI, ...request }));
  return JSON.parse(toAnthropicRequest(body, { model, maxOutputTokens }).toString());
}

export function fault(request: JsonObject): { message: string; param: string | null } {
  try {
    put(request);
  } catch (error) {
    if (error instanceof NearhitError && error.kind === 'INVALID_REQUEST') return error;
    throw error;
  }
  throw new Error('it was taken');
}

export const text = (value: string) => ({ type: 'text', text: value });
