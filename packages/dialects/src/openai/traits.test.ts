import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@nearhit/core';
import { fromMessages, OPENAI, type To } from '../../test/plainly.ts';

const ephemeral = { cache_control: { type: 'ephemeral' } };

describe('thinking', () => {
  const enabled = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } });
  const adaptive = { thinking: { type: 'adaptive' } };
  const off = { thinking: { type: 'disabled' } };
  const DEEPSEEK = { at: 'https://api.deepseek.com/v1', model: 'deepseek-chat' };
  const OPENROUTER = { at: 'https://openrouter.ai/api/v1', model: 'anthropic/claude-sonnet-4.5' };
  test.each<[request: JsonObject, to: To, fields: JsonObject]>([
    [enabled(2_000), { model: 'gpt-5' }, { reasoning_effort: 'low' }],
    [enabled(8_192), { model: 'o3' }, { reasoning_effort: 'medium' }],
    [enabled(31_999), { model: 'gpt-5.2' }, { reasoning_effort: 'high' }],
    [enabled(31_999), { model: 'gpt-4o' }, {}],
    [adaptive, { model: 'gpt-5' }, {}],
    [{ ...adaptive, output_config: { effort: 'max' } }, { model: 'gpt-5' }, { reasoning_effort: 'high' }],
    [off, { model: 'gpt-5' }, {}],
    [enabled(2_000), DEEPSEEK, { thinking: { type: 'enabled' } }],
    [off, DEEPSEEK, { thinking: { type: 'disabled' } }],
    [{}, DEEPSEEK, {}],
    [enabled(2_000), OPENROUTER, { reasoning: { max_tokens: 2_000 } }],
    [adaptive, OPENROUTER, { reasoning: { enabled: true } }],
  ])('%j to %j', (request, to, fields) => {
    const { model: _, messages: __, max_completion_tokens: ___, max_tokens: ____, ...rest } = fromMessages(request, to);
    expect(rest).toEqual(fields);
  });
});

describe('by the server', () => {
  test.each<[at: string, limit: JsonObject]>([
    [OPENAI, { max_completion_tokens: 9 }],
    ['https://api.groq.com/openai/v1', { max_completion_tokens: 9 }],
    ['http://localhost:8000/v1', { max_completion_tokens: 9 }],
    ['https://api.mistral.ai/v1', { max_tokens: 9 }],
    ['https://api.deepseek.com', { max_tokens: 9 }],
    ['http://127.0.0.1:11434/v1', { max_tokens: 9 }],
    ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', { max_tokens: 9 }],
    ['no address', { max_completion_tokens: 9 }],
  ])('the limit at %s', (at, limit) => {
    const { model: _, messages: __, ...rest } = fromMessages({}, { at });
    expect(rest).toEqual(limit);
  });

  test('Mistral gets nothing that it answers with 422; OpenRouter keeps marks and top_k', () => {
    const request = { metadata: { user_id: 'u' }, service_tier: 'auto', top_k: 5 };
    const content = [{ type: 'text', text: 'Hi', ...ephemeral }];
    const to = (at: string) => fromMessages({ ...request, messages: [{ role: 'user', content }] }, { at });
    expect(to('https://api.mistral.ai/v1')).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 9,
    });
    expect(to('https://openrouter.ai/api/v1')).toMatchObject({ messages: [{ content }], top_k: 5, user: 'u' });
  });
});
