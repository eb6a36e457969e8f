import type { JsonObject } from '@nearhit/core';
import { messagesDialect } from '../src/messages/dialect.ts';
import { plainChat } from '../src/openai/plain.ts';
import { chatTraits } from '../src/openai/traits.ts';

export const OPENAI = 'https://api.openai.com/v1';

export interface To {
  readonly kind?: string;
  readonly at?: string;
  readonly model?: string;
}

export function plain(chat: Buffer, { kind = 'openai', at = OPENAI, model = 'gpt-4o' }: To): JsonObject {
  return JSON.parse(plainChat(chat, model, chatTraits({ kind, baseUrl: at }, model)).toString());
}

/** A Messages request as a server of OpenAI's kind gets it. */
export function fromMessages(request: JsonObject, to: To = {}): JsonObject {
  const body = { model: 'asked', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], ...request };
  return plain(messagesDialect.read(Buffer.from(JSON.stringify(body))).body, to);
}
