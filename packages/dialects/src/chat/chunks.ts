import { isObject, type JsonObject, NearhitError, type SseEvent, SseParser } from '@nearhit/core';

const COLON = 0x3a;
const LF = 0x0a;

export type ChatEvent =
  | { readonly kind: 'chunk'; readonly chunk: JsonObject; readonly choice: JsonObject | undefined }
  | { readonly kind: 'done' }
  /** `error`: as the provider wrote it, or what is wrong with what it wrote. */
  | { readonly kind: 'error'; readonly error: NearhitError | object };

/** `chat.completion.chunk` events out of bytes that may be cut anywhere. Of several choices, the first one. */
export class ChatChunks {
  readonly #parser = new SseParser();
  #atLine = true;
  /** What came last was a comment, and no event with it: it keeps a connection alive that hears nothing for long. */
  commented = false;

  push(bytes: Buffer): ChatEvent[] {
    const events = this.#parser.push(bytes).map(read);
    this.commented = this.#atLine && bytes[0] === COLON && events.length === 0;
    if (bytes.length > 0) this.#atLine = bytes.at(-1) === LF;
    return events;
  }

  /** A last event whose blank line never came: `[DONE]`, or nothing. */
  end(): ChatEvent[] {
    const last = this.#parser.end();
    return last?.data.startsWith('[DONE]') ? [{ kind: 'done' }] : [];
  }
}

function read({ data, event }: SseEvent): ChatEvent {
  if (data.startsWith('[DONE]')) return { kind: 'done' };
  const chunk = parse(data);
  if (chunk === undefined)
    return {
      kind: 'error',
      error: new NearhitError('UPSTREAM_INVALID', 'The provider sent an event that is not JSON.'),
    };
  if (event === 'error' || chunk.error) return { kind: 'error', error: chunk };
  return { kind: 'chunk', chunk, choice: firstChoice(chunk.choices) };
}

function parse(data: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function firstChoice(choices: unknown): JsonObject | undefined {
  if (!Array.isArray(choices)) return undefined;
  return choices.filter(isObject).find(({ index }) => index === undefined || index === 0);
}
