import type { JsonObject } from '@nearhit/core';
import { messagesDialect } from './dialect.ts';

export const asked = (body: object): JsonObject =>
  JSON.parse(messagesDialect.read(Buffer.from(JSON.stringify(body))).body.toString()) as JsonObject;

export const user = (content: unknown) => ({ role: 'user', content });
export const assistant = (content: unknown) => ({ role: 'assistant', content });
export const base = { model: 'm', max_tokens: 10 };
export const plain = { ...base, messages: [user('q')] };
