import type { TokenEstimate } from '@nearhit/core';
import { countText } from './counter.ts';

/** What a chat template puts around each message, and before the answer. */
const MESSAGE_TOKENS = 3;
const REPLY_TOKENS = 3;
/** OpenAI's count for a 1024 x 1024 image in high detail; its real size is not known here. */
const IMAGE_TOKENS = 765;
/** Of an answer whose length the request does not bound. */
const COMPLETION_TOKENS = 500;

type Json = Readonly<Record<string, unknown>>;

/** How many tokens a call will need, before it is made. What it has really used is booked in the end. */
export interface TokenEstimator {
  /** Of a chat completion, a Responses or a Messages request. Never throws: of what is none, 0. */
  chat(body: Buffer | object): TokenEstimate;
  /** Of an embeddings request. */
  embeddings(body: Buffer | object): TokenEstimate;
}

export const tokenEstimator: TokenEstimator = {
  chat: (body) => estimateChat(objectOf(body)),
  embeddings: (body) => ({ promptTokens: inputTokens(objectOf(body).input), completionTokens: 0 }),
};

function estimateChat(body: Json): TokenEstimate {
  const messages = listOf(body.messages ?? body.input);
  let promptTokens = REPLY_TOKENS + textTokens(body.system) + textTokens(body.instructions);
  for (const message of messages) promptTokens += MESSAGE_TOKENS + messageTokens(message);
  for (const field of ['tools', 'functions', 'response_format', 'text']) promptTokens += jsonTokens(body[field]);
  const bound = [body.max_completion_tokens, body.max_tokens, body.max_output_tokens].find(isCount);
  const choices = isCount(body.n) ? Math.max(1, body.n) : 1;
  return { promptTokens, completionTokens: (bound ?? COMPLETION_TOKENS) * choices };
}

function messageTokens(message: unknown): number {
  if (typeof message === 'string') return countText(message);
  const { role, content, tool_calls, name } = jsonOf(message);
  return textTokens(role) + textTokens(name) + textTokens(content) + jsonTokens(tool_calls);
}

/** A text, or parts of one beside images and files. */
function textTokens(content: unknown): number {
  if (typeof content === 'string') return countText(content);
  return listOf(content).reduce<number>((sum, part) => sum + partTokens(part), 0);
}

function partTokens(part: unknown): number {
  if (typeof part === 'string') return countText(part);
  const { type, text, content, input, thinking } = jsonOf(part);
  if (typeof type === 'string' && type.includes('image')) return IMAGE_TOKENS;
  return textTokens(text) + textTokens(content) + textTokens(thinking) + jsonTokens(input);
}

const jsonTokens = (value: unknown): number =>
  value === undefined || value === null ? 0 : countText(JSON.stringify(value));

/** A text, texts, tokens, or lists of tokens. */
function inputTokens(input: unknown): number {
  if (typeof input === 'string') return countText(input);
  return listOf(input).reduce<number>((sum, one) => sum + (typeof one === 'number' ? 1 : inputTokens(one)), 0);
}

function objectOf(body: Buffer | object): Json {
  if (!Buffer.isBuffer(body)) return jsonOf(body);
  try {
    return jsonOf(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}

const jsonOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
