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
  const prompt = count(answer.usage.prompt_tokens);
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

/** OpenAI's place for it, and DeepSeek's. */
function cachedTokens(usage: JsonObject): number {
  const details = usage.prompt_tokens_details;
  return (isObject(details) ? count(details.cached_tokens) : count(usage.prompt_cache_hit_tokens)) ?? 0;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** The usage chunk is among the last events of a stream, and never near this long. */
const TAIL_BYTES = 4096;

/**
 * Usage out of the end of a recorded stream, without reading the rest; undefined when there is none. For replies that
 * are only counted: whether the stream is whole is not looked at.
 */
export function usageInTail(body: Buffer): CountedUsage | undefined {
  const tail = body.subarray(Math.max(0, body.byteLength - TAIL_BYTES));
  for (let at = tail.lastIndexOf(USAGE_FIELD); at !== -1; ) {
    const start = Math.max(tail.lastIndexOf(LF, at), tail.lastIndexOf(CR, at)) + 1;
    const usage = usageInLine(tail.toString('utf8', start, endOfLine(tail, at)));
    if (usage !== undefined) return usage;
    at = start === 0 ? -1 : tail.lastIndexOf(USAGE_FIELD, start - 1);
  }
  return undefined;
}

const USAGE_FIELD = Buffer.from('"usage"');
const LF = 10;
const CR = 13;

function endOfLine(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const end = lf === -1 ? bytes.length : lf;
  const cr = bytes.subarray(from, end).indexOf(CR);
  return cr === -1 ? end : from + cr;
}

function usageInLine(line: string): CountedUsage | undefined {
  if (!line.startsWith('data:')) return undefined;
  try {
    const chunk: unknown = JSON.parse(line.slice('data:'.length));
    return isObject(chunk) ? usageOf(chunk) : undefined;
  } catch {
    // Cut in the middle: an earlier line may be whole.
    return undefined;
  }
}

/**
 * Usage out of the end of a JSON answer whose beginning is no longer there; undefined when it is not told there.
 */
export function usageInJsonTail(tail: Buffer): CountedUsage | undefined {
  const text = tail.toString('utf8');
  for (let at = text.lastIndexOf('"usage"'); at >= 0; at = text.lastIndexOf('"usage"', at - 1)) {
    const from = text.indexOf('{', at);
    for (let end = text.indexOf('}', from); from >= 0 && end >= 0; end = text.indexOf('}', end + 1)) {
      try {
        return usageOf({ usage: JSON.parse(text.slice(from, end + 1)) });
      } catch {
        // A brace of an inner object: on to the next one.
      }
    }
    if (at === 0) break;
  }
  return undefined;
}

/**
 * A guess from the length of the texts, for providers that count nothing; within about a third for English prose.
 * promptChars: characters of all messages together. Counts what the model wrote: content, reasoning, refusal, calls.
 */
export function estimateUsage(promptChars: number, answer: JsonObject): TokenUsage {
  const completionTokens = choicesOf(answer).reduce((sum, choice) => sum + writtenTokens(choice.message), 0);
  return { promptTokens: guessedPromptTokens(promptChars), completionTokens, estimated: true };
}

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
