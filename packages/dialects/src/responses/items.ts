import type { JsonObject } from '@nearhit/core';
import { objectsIn } from '../chat/answer.ts';
import { given, plainContent } from '../chat/request.ts';
import { openThinking } from './thinking.ts';

/** Instructions and input as the messages of a chat. */
export function chatMessages(instructions: unknown, input: unknown): JsonObject[] {
  const first: JsonObject[] =
    typeof instructions === 'string' && instructions !== '' ? [{ role: 'system', content: instructions }] : [];
  if (typeof input === 'string') return [...first, { role: 'user', content: input }];
  const gathering = new Gathering();
  for (const item of input as JsonObject[]) gathering.add(item);
  return [...first, ...gathering.messages];
}

/** What a model said in one turn is several items there and one message here. */
class Gathering {
  readonly messages: JsonObject[] = [];
  /** The assistant's message that items still belong to. */
  #turn: JsonObject | undefined;

  add(item: JsonObject): void {
    const { type = 'message' } = item;
    if (type === 'reasoning') this.#reason(item);
    else if (type === 'function_call' || type === 'custom_tool_call') this.#call(item);
    else if (type === 'message') this.#message(item);
    else if (type !== 'image_generation_call')
      this.#push({ role: 'tool', tool_call_id: item.call_id, content: contentOf(item.output) });
  }

  #message(item: JsonObject): void {
    const content = contentOf(item.content);
    const { name } = item;
    const open = this.#turn;
    if (item.role !== 'assistant') this.#push({ role: item.role, content, ...given({ name }) });
    else if (open === undefined || open.content !== null) this.#push({ role: 'assistant', content }, true);
    else open.content = content;
  }

  #call(item: JsonObject): void {
    const { call_id: id, name, extra_content } = item;
    const call =
      item.type === 'function_call'
        ? { id, type: 'function', function: { name, arguments: item.arguments } }
        : { id, type: 'custom', custom: { name, input: item.input } };
    const turn = this.#assistant();
    turn.tool_calls = [...objectsIn(turn.tool_calls), { ...call, ...given({ extra_content }) }];
  }

  /** Thinking goes back signed, or, from providers that do not sign, as text; what only OpenAI can read is left out. */
  #reason(item: JsonObject): void {
    const sealed = openThinking(item.encrypted_content);
    const text = [...objectsIn(item.content), ...objectsIn(item.summary)].map((part) => part.text).join('\n\n');
    const opaque = sealed === undefined && typeof item.encrypted_content === 'string';
    if (opaque || (sealed === undefined && text === '')) return;
    // It begins a turn of its own: the model thinks before it speaks.
    if (this.#turn !== undefined && (this.#turn.content !== null || this.#turn.tool_calls)) this.#turn = undefined;
    const turn = this.#assistant();
    if (sealed !== undefined) turn.thinking_blocks = [...objectsIn(turn.thinking_blocks), ...sealed];
    else turn.reasoning_content = text;
  }

  #assistant(): JsonObject {
    if (this.#turn === undefined) this.#push({ role: 'assistant', content: null }, true);
    return this.#turn as JsonObject;
  }

  #push(message: JsonObject, open = false): void {
    this.messages.push(message);
    this.#turn = open ? message : undefined;
  }
}

function contentOf(content: unknown): unknown {
  if (typeof content === 'string') return content;
  const parts = (content as JsonObject[]).map(partOf);
  return parts.length === 0 ? '' : plainContent(parts);
}

function partOf(part: JsonObject): JsonObject {
  const { type, ...rest } = part;
  if (type === 'input_text' || type === 'output_text' || type === 'text') return { type: 'text', text: rest.text };
  if (type === 'input_image') {
    const { image_url: url, detail, file_id: file, ...more } = rest;
    return typeof url === 'string'
      ? { type: 'image_url', image_url: { url, ...given({ detail }) }, ...more }
      : fileOf({ file_id: file });
  }
  return type === 'input_file' ? fileOf(rest) : part;
}

const fileOf = ({ file_id, file_data, filename, file_url, ...more }: JsonObject): JsonObject => ({
  type: 'file',
  file: given({ file_id, file_data, filename, file_url }),
  ...more,
});
