import { isObject, type JsonObject, without } from '@nearhit/core';
import { calledWith } from '../provider/called.ts';
import { objectsOf, present, textOf } from '../provider/values.ts';
import { contentBlocks } from './content.ts';

export interface Turn extends JsonObject {
  role: 'user' | 'assistant';
  content: JsonObject[];
}

export interface Conversation {
  /** Text blocks; empty when there are none. */
  readonly system: JsonObject[];
  readonly turns: Turn[];
}

/**
 * Chat messages as Anthropic's: the system's and developer's go to the top, wherever they stood, neighbours of one role
 * become one turn, tool results come first in theirs.
 */
export function conversationOf(messages: readonly JsonObject[]): Conversation {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  messages.forEach((message, at) => {
    const blocks = withCacheControl(blocksOf(message, `messages[${at}]`), message.cache_control);
    if (message.role === 'system' || message.role === 'developer') system.push(...blocks);
    else add(turns, message.role === 'assistant' ? 'assistant' : 'user', blocks);
  });
  // Somebody has to say something, and it has to be the user.
  if (turns.length === 0) add(turns, 'user', system.splice(-1));
  if (turns[0]?.role === 'assistant') turns.unshift({ role: 'user', content: [{ type: 'text', text: '...' }] });
  for (const turn of turns) if (turn.role === 'user') turn.content = resultsFirst(turn.content);
  trimEnd(turns.at(-1));
  return { system, turns };
}

function add(turns: Turn[], role: Turn['role'], blocks: JsonObject[]): void {
  if (blocks.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === role) last.content.push(...blocks);
  else turns.push({ role, content: [...blocks] });
}

function blocksOf(message: JsonObject, param: string): JsonObject[] {
  if (message.role === 'tool') return [toolResult(message, param)];
  const blocks = contentBlocks(message.content, `${param}.content`);
  if (message.role !== 'assistant') return blocks;
  if (blocks.length === 0) blocks.push(...contentBlocks(message.refusal, `${param}.refusal`));
  return [
    ...objectsOf(message.thinking_blocks).map((block) => without(block, INDEX)),
    ...objectsOf(message.native_blocks)
      .filter(isAnthropicBlock)
      .map((block) => without(block, INDEX)),
    ...blocks,
    ...objectsOf(message.tool_calls).map(toolUse),
  ];
}

const INDEX: ReadonlySet<string> = new Set(['index']);

/** Gemini's have a field of the name of their type. */
function isAnthropicBlock(block: JsonObject): boolean {
  return block[textOf(block.type)] === undefined;
}

function toolUse(call: JsonObject): JsonObject {
  const { name, input } = calledWith(call);
  const extra = isObject(call.extra_content) ? call.extra_content.anthropic : undefined;
  return present({
    ...(isObject(extra) ? extra : {}),
    type: 'tool_use',
    id: toolId(call.id),
    name,
    input,
    cache_control: call.cache_control,
  });
}

function toolResult(message: JsonObject, param: string): JsonObject {
  const { content, is_error } = message;
  return present({
    type: 'tool_result',
    tool_use_id: toolId(message.tool_call_id),
    content: typeof content === 'string' ? content : contentBlocks(content, `${param}.content`),
    is_error: is_error === true ? true : undefined,
  });
}

/** Other vendors' ids have characters that Anthropic refuses. */
function toolId(id: unknown): string {
  return textOf(id).replace(/[^a-zA-Z0-9_-]/g, '_');
}

/** Of a message: it ends with its last block. */
function withCacheControl(blocks: JsonObject[], cacheControl: unknown): JsonObject[] {
  const last = blocks.at(-1);
  if (!isObject(cacheControl) || last === undefined) return blocks;
  return [...blocks.slice(0, -1), { ...last, cache_control: cacheControl }];
}

function resultsFirst(blocks: JsonObject[]): JsonObject[] {
  const results = blocks.filter((block) => block.type === 'tool_result');
  return results.length === 0 ? blocks : [...results, ...blocks.filter((block) => block.type !== 'tool_result')];
}

/** An answer that was begun for the model must not end in white space. */
function trimEnd(turn: Turn | undefined): void {
  const block = turn?.role === 'assistant' ? turn.content.at(-1) : undefined;
  if (turn === undefined || block?.type !== 'text') return;
  const text = textOf(block.text).trimEnd();
  turn.content.splice(-1, 1, ...(text === '' ? [] : [{ ...block, text }]));
}
