import type { JsonObject } from '@nearhit/core';

export const DONE = 'data: [DONE]\n\n';

/** Writes the events of a chat completion stream. Fields of `head` are on every chunk. */
export class ChunkWriter {
  readonly #head: JsonObject;
  readonly #includeUsage: boolean;

  constructor(head: { id: string; created: number; model: string }, includeUsage: boolean) {
    this.#head = { ...head, object: 'chat.completion.chunk' };
    this.#includeUsage = includeUsage;
  }

  /** `last`: finish reason and what else the choice ends with. `extra`: fields of the answer itself. */
  chunk(index: number, delta: JsonObject, last: JsonObject = {}, extra: JsonObject = {}): string {
    const choice = { index, delta, logprobs: null, finish_reason: null, ...last };
    return event({ ...this.#head, ...extra, choices: [choice], ...(this.#includeUsage ? { usage: null } : {}) });
  }

  /** The opening of a choice. Content is null until there is text, as OpenAI has it where none may follow. */
  role(index: number, extra: JsonObject = {}): string {
    return this.chunk(index, { role: 'assistant', content: null, refusal: null }, {}, extra);
  }

  /** Empty unless it was asked for and counted. */
  usage(usage: JsonObject | undefined): string {
    if (!this.#includeUsage || usage === undefined) return '';
    return event({ ...this.#head, choices: [], usage });
  }
}

/** OpenAI's way to say in mid-stream that it ends here. */
export function errorEvent(error: JsonObject): string {
  return event({ error });
}

function event(value: JsonObject): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
