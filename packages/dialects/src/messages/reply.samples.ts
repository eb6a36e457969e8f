import { expect } from '@jest/globals';
import type { JsonObject } from '@nearhit/core';
import type { Heard } from '../../test/replies.ts';
import { messagesDialect } from './dialect.ts';

export const { replies } = messagesDialect.read(
  Buffer.from('{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"}]}'),
);

export const whole = (answer: object): JsonObject =>
  JSON.parse(replies.whole(Buffer.from(JSON.stringify(answer))).toString());

/** What a client makes of the events, checking their order. */
export function gathered(events: readonly Heard[]): JsonObject {
  const [start, ...rest] = events as (Heard & { index: number; delta: JsonObject; content_block: JsonObject })[];
  expect(start?.type).toBe('message_start');
  const message = { ...(start?.message as JsonObject), content: [] as JsonObject[] } as JsonObject & {
    content: JsonObject[];
  };
  let open = false;
  let json = '';
  for (const { type, index, delta, content_block, usage } of rest) {
    const block = message.content.at(-1) as JsonObject;
    if (type === 'content_block_start') {
      expect([open, index]).toEqual([false, message.content.length]);
      message.content.push({ ...content_block });
      open = true;
      json = '';
    } else if (type === 'content_block_delta') {
      expect([open, index]).toEqual([true, message.content.length - 1]);
      if (delta.type === 'text_delta') block.text = `${block.text}${delta.text}`;
      else if (delta.type === 'thinking_delta') block.thinking = `${block.thinking}${delta.thinking}`;
      else if (delta.type === 'signature_delta') block.signature = delta.signature;
      else if (delta.type === 'citations_delta') block.citations = [...((block.citations as []) ?? []), delta.citation];
      else json += delta.partial_json;
    } else if (type === 'content_block_stop') {
      expect([open, index]).toEqual([true, message.content.length - 1]);
      if (json !== '') block.input = JSON.parse(json);
      open = false;
    } else if (type === 'message_delta') Object.assign(message, delta, { usage });
    else expect(type).toBe('message_stop');
  }
  expect(events.at(-1)?.type).toBe('message_stop');
  return message;
}

export const answer = (message: object, choice: object = {}, more: object = {}) => ({
  id: 'chatcmpl-1',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...choice }],
  ...more,
});

export const text = (value: string) => ({ type: 'text', text: value });
