import { isObject, type JsonObject, without } from '@nearhit/core';
import { objectsOf, textOf } from '../provider/values.ts';

const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);
const KNOWN: ReadonlySet<unknown> = new Set(['text', 'tool_use', ...THINKING]);

export function isThinking(block: JsonObject): boolean {
  return THINKING.has(block.type);
}

/** What chat completions have no place for: calls of tools that run with the provider, and their results. */
export function isNative(block: JsonObject): boolean {
  return !KNOWN.has(block.type);
}

const CALL_FIELDS: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input']);

/** A call of one of the client's tools. `written`: what was written of its input so far, where it is not whole. */
export function toolCall(block: JsonObject, written?: string): JsonObject {
  const others = without(block, CALL_FIELDS);
  return {
    id: textOf(block.id),
    type: 'function',
    function: { name: textOf(block.name), arguments: written ?? JSON.stringify(block.input ?? {}) },
    ...(Object.keys(others).length === 0 ? {} : { extra_content: { anthropic: others } }),
  };
}

/** Where a text comes from, as OpenAI marks it: links only, each for the whole of its text. */
export function annotationsOf(citations: unknown, start: number, end: number): JsonObject[] {
  return objectsOf(citations).flatMap(({ url, title }) =>
    typeof url === 'string'
      ? [
          {
            type: 'url_citation',
            url_citation: { url, title: textOf(title), start_index: start, end_index: end },
          },
        ]
      : [],
  );
}

export function isBlock(value: unknown): value is JsonObject {
  return isObject(value) && typeof value.type === 'string';
}
