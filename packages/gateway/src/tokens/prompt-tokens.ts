import { countText } from './counter.ts';

/** What a chat template puts around each message, and before the answer. */
const MESSAGE_TOKENS = 3;
const REPLY_TOKENS = 3;
/** OpenAI's count for a 1024 x 1024 image in high detail; its real size is not known here. */
const IMAGE_TOKENS = 765;

type Json = Readonly<Record<string, unknown>>;

/**
 * Tokens of a request's prompt, counted before the call is made; what it has really used is booked in the end. Never
 * throws: what is no request has about none.
 */
export const countPrompt = {
  /** Of a chat completion, a Responses or a Messages request. */
  chat: (body: Buffer | object): number => chatTokens(objectOf(body)),
  /** Of an embeddings request. */
  embeddings: (body: Buffer | object): number => inputTokens(objectOf(body).input),
};

function chatTokens(body: Json): number {
  let tokens = REPLY_TOKENS + textTokens(body.system) + textTokens(body.instructions);
  for (const message of listOf(body.messages ?? body.input)) tokens += MESSAGE_TOKENS + messageTokens(message);
  for (const field of ['tools', 'functions', 'response_format', 'text']) tokens += jsonTokens(body[field]);
  return tokens;
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
