import type { TokenUsage } from '../entry.ts';
import { choicesOf, isObject, type JsonObject } from './answer.ts';

/** What a call is charged by. */
export interface CountedUsage extends TokenUsage {
  /** Of `promptTokens`: what the provider had read before, and charges less for. */
  readonly cachedPromptTokens?: number;
}

/**
 * Tokens as the provider counted them; undefined when it did not. Reasoning tokens that a provider (xAI, Gemini) leaves
 * out of `completion_tokens` but has in `total_tokens` count as completion, because that is how they are billed.
 */
export function usageOf(answer: JsonObject): CountedUsage | undefined {
  if (!isObject(answer.usage)) return undefined;
  const prompt = promptTokensOf(answer);
  const completion = count(answer.usage.completion_tokens);
  const total = count(answer.usage.total_tokens);
  if (prompt === undefined || (completion === undefined && total === undefined)) return undefined;
  const cached = cachedTokens(answer.usage);
  return {
    promptTokens: prompt,
    completionTokens: Math.max(completion ?? 0, (total ?? 0) - prompt),
    ...(cached > 0 && { cachedPromptTokens: Math.min(cached, prompt) }),
  };
}

/** All that an embeddings reply is charged by; undefined when the provider did not count it. */
export const promptTokensOf = ({ usage }: JsonObject): number | undefined =>
  isObject(usage) ? count(usage.prompt_tokens) : undefined;

/** OpenAI's place for it, and DeepSeek's. */
function cachedTokens(usage: JsonObject): number {
  const details = usage.prompt_tokens_details;
  return (isObject(details) ? count(details.cached_tokens) : count(usage.prompt_cache_hit_tokens)) ?? 0;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/**
 * A guess from the length of the texts, for providers that count nothing; within about a third for English prose.
 * promptChars: characters of all messages together. Counts what the model wrote: content, reasoning, refusal, calls.
 */
export function estimateUsage(promptChars: number, answer: JsonObject): TokenUsage {
  const completionTokens = choicesOf(answer).reduce((sum, choice) => sum + writtenTokens(choice.message), 0);
  return { promptTokens: guessedPromptTokens(promptChars), completionTokens, estimated: true };
}

/** `promptChars`: characters of its texts, or bytes of the whole request's JSON where no more is known. */
export const guessedPromptTokens = (promptChars: number): number => Math.ceil(promptChars * TOKENS_PER_ASCII_CHAR);

/** The answer with a guessed `usage` in its body, since clients read it; one that the provider counted stays as it is. */
export function withUsage<A extends JsonObject>(answer: A, usage: TokenUsage): A {
  if (!usage.estimated) return answer;
  const { promptTokens, completionTokens } = usage;
  const guessed = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  return { ...answer, usage: isObject(answer.usage) ? { ...answer.usage, ...guessed } : guessed };
}

const WRITTEN_FIELDS = ['content', 'reasoning_content', 'refusal', 'tool_calls', 'function_call'] as const;

function writtenTokens(message: JsonObject): number {
  const reasoning = message.reasoning_content === undefined ? [message.reasoning] : [];
  const written = [...WRITTEN_FIELDS.map((field) => message[field]), ...reasoning];
  return written.reduce<number>((sum, value) => sum + estimateTokens(textOf(value)), 0);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/** What the byte-pair vocabularies of 2024 and later average between prose (0.18) and code (0.3). */
const TOKENS_PER_ASCII_CHAR = 0.22;

/** A guess, within about a third. Other alphabets count 0.4 per UTF-16 unit, CJK and emoji 0.8. */
export function estimateTokens(text: string): number {
  let ascii = 0;
  let alphabetic = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x80) ascii += 1;
    else if (code < 0x2e80) alphabetic += 1;
  }
  const others = text.length - ascii - alphabetic;
  return Math.ceil(TOKENS_PER_ASCII_CHAR * ascii + 0.4 * alphabetic + 0.8 * others);
}
