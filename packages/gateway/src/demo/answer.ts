import { createHash } from 'node:crypto';

/** What the demo provider makes of a request. */
export interface DemoAnswer {
  /** `chatcmpl-demo...`, the same for the same question. */
  readonly id: string;
  readonly model: string;
  readonly choices: readonly DemoChoice[];
  readonly usage: DemoUsage;
  readonly includeUsage: boolean;
  /** 0..2^32-1, from the question. */
  readonly hash: number;
}

export interface DemoChoice {
  /** The text in the pieces in which it streams. */
  readonly pieces: readonly string[];
  readonly finishReason: 'stop' | 'length';
}

export interface DemoUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

interface ChatRequest {
  messages?: unknown;
  n?: unknown;
  max_tokens?: unknown;
  max_completion_tokens?: unknown;
  response_format?: { type?: unknown };
  stream_options?: { include_usage?: unknown };
}

const QUESTION_CHARACTERS_MAX = 300;
const CHOICES_MAX = 128;

const SENTENCES = [
  "No language model was asked: this text comes from nearhit's built-in demo provider.",
  'The same question always gets this same answer, so you can watch the cache at work.',
  'Ask it again and it comes from memory; ask it in other words and it is found by meaning.',
  'Change a number or a name in it and you get a new answer instead of a wrong one.',
  'Streaming, token counts and errors look exactly as they do with a real provider.',
  'Its delay is what a small hosted model would take; the model demo-fast has none.',
];
const CLOSING =
  'For real answers set OPENAI_API_KEY (and OPENAI_BASE_URL for any other OpenAI-compatible server) and start nearhit again.';

/** Undefined when the body is not a JSON object. */
export function demoAnswer(body: Buffer, model: string): DemoAnswer | undefined {
  const request = parse(body);
  if (request === undefined) return undefined;
  const question = lastUserText(request.messages);
  const digest = createHash('sha256').update(question).digest();
  const count = clampedInteger(request.n, 1, CHOICES_MAX) ?? 1;
  const tokensMax = clampedInteger(request.max_completion_tokens ?? request.max_tokens, 1, Number.MAX_SAFE_INTEGER);
  const asJson = request.response_format?.type === 'json_object' || request.response_format?.type === 'json_schema';
  const choices = Array.from({ length: count }, (_, index) => choice(question, digest, index, { asJson, tokensMax }));
  const promptTokens = Math.max(1, Math.ceil(JSON.stringify(request.messages ?? '').length / 4));
  const completionTokens = choices.reduce((sum, { pieces }) => sum + pieces.length, 0);
  return {
    id: `chatcmpl-demo${digest.toString('hex', 0, 12)}`,
    model,
    choices,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
    includeUsage: request.stream_options?.include_usage === true,
    hash: digest.readUInt32BE(0),
  };
}

function choice(
  question: string,
  digest: Buffer,
  index: number,
  options: { asJson: boolean; tokensMax: number | undefined },
): DemoChoice {
  const first = ((digest[0] as number) + index) % SENTENCES.length;
  const second = (first + 1 + ((digest[1] as number) % (SENTENCES.length - 1))) % SENTENCES.length;
  const label = index === 0 ? '[demo]' : `[demo ${index + 1}]`;
  const asked = question === '' ? 'You asked nothing in words.' : `You asked: "${shortened(question)}"`;
  const text = `${label} ${asked} ${SENTENCES[first]} ${SENTENCES[second]} ${CLOSING}`;
  const all = (options.asJson ? JSON.stringify({ answer: text }) : text).match(/\s*\S+/g) ?? [];
  const pieces = options.tokensMax === undefined ? all : all.slice(0, options.tokensMax);
  return { pieces, finishReason: pieces.length < all.length ? 'length' : 'stop' };
}

function shortened(text: string): string {
  const characters = Array.from(text.replace(/\s+/g, ' ').trim());
  if (characters.length <= QUESTION_CHARACTERS_MAX) return characters.join('');
  return `${characters.slice(0, QUESTION_CHARACTERS_MAX).join('')}...`;
}

function lastUserText(messages: unknown): string {
  if (!Array.isArray(messages)) return '';
  const last = messages.findLast((message) => message?.role === 'user');
  const content: unknown = last?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.flatMap((part) => (typeof part?.text === 'string' ? [part.text] : [])).join('\n');
}

function clampedInteger(value: unknown, min: number, max: number): number | undefined {
  return Number.isSafeInteger(value) ? Math.min(max, Math.max(min, value as number)) : undefined;
}

function parse(body: Buffer): ChatRequest | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ChatRequest) : undefined;
  } catch {
    return undefined;
  }
}
