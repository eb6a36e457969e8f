import { type JsonObject, without } from '@nearhit/core';
import { Places } from '../chat/places.ts';
import { invalidReply } from '../provider/reply.ts';
import { textOf } from '../provider/values.ts';
import { annotationsOf, isBlock, isNative, isThinking, toolCall } from './blocks.ts';
import { finishOf } from './finish.ts';
import { anthropicUsage } from './usage.ts';

/** Of a message, that are put otherwise. */
export const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  ...['id', 'type', 'role', 'model', 'content', 'stop_reason', 'stop_sequence', 'usage'],
]);

/** An Anthropic message as a chat completion. Throws UPSTREAM_INVALID when it is none. */
export function toChatCompletion(message: JsonObject, created: number, askedModel: string): JsonObject {
  const { content } = message;
  if (!Array.isArray(content) || !content.every(isBlock)) {
    throw invalidReply("The provider's answer is no Anthropic message: it has no list of content blocks.");
  }
  const usage = anthropicUsage(message.usage);
  return {
    id: textOf(message.id),
    object: 'chat.completion',
    created,
    model: textOf(message.model) || askedModel,
    choices: [
      {
        index: 0,
        message: messageOf(content),
        logprobs: null,
        ...finishOf(message.stop_reason, message.stop_sequence),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
    ...serviceTier(message.usage),
    ...without(message, MESSAGE_FIELDS),
  };
}

export function serviceTier(usage: unknown): JsonObject {
  const tier = textOf((usage as JsonObject | undefined)?.service_tier);
  return tier === '' ? {} : { service_tier: tier };
}

function messageOf(blocks: readonly JsonObject[]): JsonObject {
  const message: JsonObject = { role: 'assistant', content: textAmong(blocks), refusal: null };
  const reasoning = blocks.map((block) => (block.type === 'thinking' ? textOf(block.thinking) : '')).join('');
  if (reasoning !== '') message.reasoning_content = reasoning;
  const { thoughts, natives } = apart(blocks);
  addList(message, 'thinking_blocks', thoughts);
  addList(message, 'native_blocks', natives);
  const calls = blocks.filter((block) => block.type === 'tool_use');
  addList(
    message,
    'tool_calls',
    calls.map((block) => toolCall(block)),
  );
  const citations = blocks.flatMap((block) => (Array.isArray(block.citations) ? block.citations : []));
  addList(message, 'citations', citations);
  addList(message, 'annotations', annotations(blocks));
  return message;
}

/** Each of them with its place, where it has one. */
function apart(blocks: readonly JsonObject[]): { thoughts: JsonObject[]; natives: JsonObject[] } {
  const places = new Places();
  const [thoughts, natives]: [JsonObject[], JsonObject[]] = [[], []];
  let text = 0;
  for (const block of blocks) {
    if (block.type === 'text') text += textOf(block.text).length;
    else if (isThinking(block)) thoughts.push({ ...block, ...places.next('thinking_blocks', text) });
    else if (isNative(block)) natives.push({ ...block, ...places.next('native_blocks', text) });
  }
  return { thoughts, natives };
}

function textAmong(blocks: readonly JsonObject[]): string | null {
  return blocks.map((block) => (block.type === 'text' ? textOf(block.text) : '')).join('') || null;
}

function annotations(blocks: readonly JsonObject[]): JsonObject[] {
  let at = 0;
  return blocks.flatMap((block) => {
    if (block.type !== 'text') return [];
    const start = at;
    at += textOf(block.text).length;
    return annotationsOf(block.citations, start, at);
  });
}

function addList(message: JsonObject, field: string, list: unknown[]): void {
  if (list.length > 0) message[field] = list;
}
