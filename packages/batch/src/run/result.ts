import type { BatchUsage, LineResult } from '@nearhit/core';
import { callIdOf, lineId } from '../ids.ts';
import type { RequestLine } from '../input/request-line.ts';
import type { LineReply } from './line-reply.ts';

/** Why a line was not answered, as it stands in the error file. */
export const UNANSWERED = {
  expired: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  },
  cancelled: { code: 'batch_cancelled', message: 'This request was not executed because the batch was cancelled.' },
} as const;

/** As OpenAI writes it: a success into the output file, everything else into the error file. */
export function resultOf(batchId: string, { number, customId }: RequestLine, reply: LineReply): LineResult {
  const id = JSON.stringify(lineId(batchId, number));
  const response = `{"status_code":${reply.status},"request_id":${JSON.stringify(callIdOf(batchId, number))},"body":${reply.body}}`;
  return {
    line: number,
    ok: reply.status >= 200 && reply.status < 300,
    text: `{"id":${id},"custom_id":${JSON.stringify(customId)},"response":${response},"error":null}`,
  };
}

export function unanswered(
  batchId: string,
  { number, customId }: RequestLine,
  why: keyof typeof UNANSWERED,
): LineResult {
  const text = JSON.stringify({
    ...{ id: lineId(batchId, number), custom_id: customId, response: null, error: UNANSWERED[why] },
  });
  return { line: number, ok: false, text };
}

/** What a batch's answers sum up to, so far. */
export class Tally {
  completed = 0;
  failed = 0;
  #usage: BatchUsage = { promptTokens: 0, cachedPromptTokens: 0, completionTokens: 0, reasoningTokens: 0 };

  add({ ok, text }: LineResult): void {
    if (!ok) {
      this.failed += 1;
      return;
    }
    this.completed += 1;
    const used = usageIn(text);
    const sum = this.#usage;
    this.#usage = {
      promptTokens: sum.promptTokens + used.promptTokens,
      cachedPromptTokens: sum.cachedPromptTokens + used.cachedPromptTokens,
      completionTokens: sum.completionTokens + used.completionTokens,
      reasoningTokens: sum.reasoningTokens + used.reasoningTokens,
    };
  }

  get usage(): BatchUsage {
    return this.#usage;
  }
}

interface Reported {
  readonly [field: string]: unknown;
}

const count = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);

/**
 * Chat completions and embeddings say `prompt_tokens`, responses and messages `input_tokens`; with messages those from the
 * prompt cache stand beside them.
 */
function usageIn(text: string): BatchUsage {
  const { response } = JSON.parse(text) as { response?: { body?: { usage?: Reported } } };
  const usage = response?.body?.usage ?? {};
  const prompt = (usage.prompt_tokens_details ?? usage.input_tokens_details ?? {}) as Reported;
  const completion = (usage.completion_tokens_details ?? usage.output_tokens_details ?? {}) as Reported;
  const [read, written] = [count(usage.cache_read_input_tokens), count(usage.cache_creation_input_tokens)];
  const beside = usage.prompt_tokens === undefined ? read + written : 0;
  return {
    promptTokens: count(usage.prompt_tokens ?? usage.input_tokens) + beside,
    cachedPromptTokens: count(prompt.cached_tokens) || (beside > 0 ? read : 0),
    completionTokens: count(usage.completion_tokens ?? usage.output_tokens),
    reasoningTokens: count(completion.reasoning_tokens),
  };
}
