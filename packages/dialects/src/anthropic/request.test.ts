import { describe, expect, test } from '@jest/globals';
import { put, text } from './request.samples.ts';

describe('the least', () => {
  test('a model, a limit, messages; nothing that was not asked for', () => {
    expect(put({})).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 4096,
      messages: [{ role: 'user', content: [text('Hi')] }],
    });
  });

  test.each([
    [{ max_tokens: 5 }, 64_000, 5],
    [{ max_completion_tokens: 6, max_tokens: 5 }, 64_000, 6],
    [{}, 64_000, 64_000],
    [{ max_tokens: null }, undefined, 4096],
  ])('%j of %p: max_tokens %d', (request, most, expected) => {
    expect(put(request, 'claude-sonnet-4-5', most).max_tokens).toBe(expected);
  });
});

describe('formats and other fields', () => {
  test('a JSON schema closes its objects and says its limits in words', () => {
    const schema = {
      type: 'object',
      properties: {
        n: { type: 'integer', minimum: 1, maximum: 5 },
        list: { type: 'array', items: { type: 'object', properties: { maxLength: { type: 'string', maxLength: 3 } } } },
      },
      required: ['n'],
    };
    const json_schema = { name: 'x', schema, strict: true };
    expect(put({ response_format: { type: 'json_schema', json_schema } }).output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            n: { type: 'integer', description: '(minimum: 1, maximum: 5)' },
            list: {
              type: 'array',
              items: {
                type: 'object',
                properties: { maxLength: { type: 'string', description: '(maxLength: 3)' } },
                additionalProperties: false,
              },
            },
          },
          required: ['n'],
          additionalProperties: false,
        },
      },
    });
    expect(put({ response_format: { type: 'json_object' } }).system).toHaveLength(1);
    expect(put({ response_format: { type: 'text' } })).not.toHaveProperty('system');
  });

  test('who asks, stops, tiers', () => {
    expect(put({ user: 'u', metadata: { team: 'x' } }).metadata).toEqual({ user_id: 'u' });
    expect(put({ user: 'u', metadata: { user_id: 'm' } }).metadata).toEqual({ user_id: 'm' });
    expect(put({ metadata: { team: 'x' } })).not.toHaveProperty('metadata');
    expect(put({ stop: ['\n\n', 'END'] }).stop_sequences).toEqual(['END']);
    expect(put({ stop: ' ' })).not.toHaveProperty('stop_sequences');
    expect(put({ service_tier: 'default' }).service_tier).toBe('standard_only');
    expect(put({ service_tier: 'priority' }).service_tier).toBe('auto');
  });

  test('what only others have is left out; what nobody knows goes on', () => {
    const others = { logit_bias: {}, seed: 1, store: true, stream_options: {}, safety_settings: [], top_logprobs: 3 };
    expect(Object.keys(put({ ...others, context_management: { edits: [] }, n: 1, stream: true })).sort()).toEqual([
      ...['context_management', 'max_tokens', 'messages', 'model', 'stream'],
    ]);
  });
});
