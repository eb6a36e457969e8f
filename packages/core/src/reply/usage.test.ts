import { describe, expect, it } from '@jest/globals';
import { recordedStream } from '../../fixtures/recorded.ts';
import { assembleStream } from './assemble.ts';
import { estimateUsage, usageOf, withUsage } from './usage.ts';

function usage(prompt_tokens: unknown, completion_tokens: unknown, total_tokens?: unknown) {
  return usageOf({ usage: { prompt_tokens, completion_tokens, total_tokens } });
}

describe('usageOf', () => {
  it('reads what the provider counted', () => {
    expect(usage(16, 300, 316)).toEqual({ promptTokens: 16, completionTokens: 300 });
    expect(usage(16, 0)).toEqual({ promptTokens: 16, completionTokens: 0 });
  });

  it('counts reasoning that only the total has', () => {
    expect(usage(307, 26, 560)).toEqual({ promptTokens: 307, completionTokens: 253 });
    expect(usage(10, undefined, 30)).toEqual({ promptTokens: 10, completionTokens: 20 });
  });

  it.each([
    [{ prompt_tokens_details: { cached_tokens: 12 } }, 12],
    [{ prompt_tokens_details: { cached_tokens: 99 } }, 16],
    [{ prompt_tokens_details: { cached_tokens: 0 }, prompt_cache_hit_tokens: 5 }, undefined],
    [{ prompt_tokens_details: null, prompt_cache_hit_tokens: 5 }, 5],
    [{ prompt_tokens_details: { cached_tokens: -1 } }, undefined],
  ])('reads what of the prompt was cached: %j', (more, cached) => {
    const counted = usageOf({ usage: { prompt_tokens: 16, completion_tokens: 1, ...more } });
    expect(counted?.cachedPromptTokens).toBe(cached);
  });

  it.each([[undefined], [null], ['many'], [{}], [{ prompt_tokens: -1, completion_tokens: 2 }], [{ prompt_tokens: 1 }]])(
    'takes %j for uncounted',
    (counted) => {
      expect(usageOf({ usage: counted })).toBeUndefined();
    },
  );
});

describe('estimateUsage', () => {
  const answerOf = (message: object) => ({ choices: [{ index: 0, message, finish_reason: 'stop' }] });

  it('is within a third of what OpenAI counted for a recorded answer', () => {
    const recorded = assembleStream(recordedStream('vercel-ai_openai-text.chunks.txt'));
    if (recorded.kind === 'incomplete') throw new Error(recorded.why);
    const counted = usageOf(recorded.answer)?.completionTokens ?? 0;
    const guess = estimateUsage(0, recorded.answer).completionTokens;
    expect(counted).toBe(300);
    expect(guess).toBeGreaterThan(counted * 0.67);
    expect(guess).toBeLessThan(counted * 1.33);
  });

  it('says that it is a guess', () => {
    expect(estimateUsage(400, answerOf({ content: 'x'.repeat(50) }))).toEqual({
      promptTokens: 88,
      completionTokens: 11,
      estimated: true,
    });
  });

  it('counts calls, reasoning once, and scripts by their weight', () => {
    const tokens = (message: object) => estimateUsage(0, answerOf(message)).completionTokens;
    expect(tokens({ content: null, tool_calls: [{ function: { name: 'f', arguments: '{}' } }] })).toBeGreaterThan(5);
    expect(tokens({ reasoning: 'x'.repeat(50), reasoning_content: 'x'.repeat(50) })).toBe(11);
    expect(tokens({ content: '日本語の文章' })).toBe(5);
    expect(tokens({})).toBe(0);
  });
});

describe('withUsage', () => {
  const guess = { promptTokens: 3, completionTokens: 4, estimated: true };
  const body = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

  it('fills the body of an answer that nobody counted', () => {
    expect(withUsage({ choices: [] }, guess)).toEqual({ choices: [], usage: body });
    expect(withUsage({ choices: [], usage: null }, guess)).toEqual({ choices: [], usage: body });
    expect(withUsage({ choices: [], usage: { queue_time: 1 } }, guess)).toEqual({
      choices: [],
      usage: { queue_time: 1, ...body },
    });
  });

  it('leaves counted usage alone', () => {
    const answer = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, vendor: 3 } };
    expect(withUsage(answer, { promptTokens: 1, completionTokens: 2 })).toBe(answer);
  });
});
