import { describe, expect, test } from '@jest/globals';
import { NearhitError } from '@nearhit/core';
import type { ProviderConfig } from '../config.ts';
import { openAi } from '../conformance/config.ts';
import { chatCall } from '../conformance/recorder.ts';
import { wireOf } from './index.ts';

function sent(
  config: Partial<ProviderConfig>,
  prefix: string,
  overrides: Parameters<typeof chatCall>[0] = {},
  apiKey?: string,
) {
  const wire = wireOf(openAi('https://api.example', config));
  const call = chatCall({ model: 'm', ...overrides });
  const { path, headers, body } = wire.request(call, { model: call.model, apiKey, prefix });
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
  return { path, headers: Object.fromEntries(pairs) as Record<string, string>, body: JSON.parse(body.toString()) };
}

const embeddings = (input: unknown, more = {}) => ({
  path: '/embeddings' as const,
  body: Buffer.from(JSON.stringify({ model: 'm', input, ...more })),
});

describe('anthropic', () => {
  const config = { kind: 'anthropic' } as const;

  test.each([
    ['/v1', '/v1/messages'],
    ['', '/v1/messages'],
    ['/anthropic', '/anthropic/v1/messages'],
  ])('under %j: %s', (prefix, path) => {
    expect(sent(config, prefix).path).toBe(path);
  });

  test('key, version, betas of client and operator together', () => {
    expect(sent(config, '/v1', {}, 'sk-ant-api-1').headers).toMatchObject({
      'x-api-key': 'sk-ant-api-1',
      'anthropic-version': '2023-06-01',
    });
    const { headers } = sent(
      { ...config, headers: { 'Anthropic-Beta': 'a-1', 'anthropic-version': '2024-01-01' } },
      '/v1',
      { headers: { 'anthropic-beta': 'b-2', 'anthropic-version': '2000-01-01' }, credential: 'sk-ant-oat01-x' },
    );
    expect(headers).toMatchObject({
      authorization: 'Bearer sk-ant-oat01-x',
      'anthropic-version': '2024-01-01',
      'anthropic-beta': 'a-1,b-2',
    });
    expect(headers).not.toHaveProperty('x-api-key');
  });

  test('a limit from the catalogue where the client sets none', () => {
    const max = (model: string) => {
      const body = Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }));
      return sent(config, '/v1', { model, body }).body.max_tokens;
    };
    expect([max('claude-opus-4-1'), max('someone-elses')]).toEqual([32_000, 4_096]);
  });

  test('it has no embeddings', () => {
    const error = (() => {
      try {
        return sent({ ...config, id: 'claude' }, '/v1', embeddings('x'));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(NearhitError);
    expect(error).toMatchObject({ kind: 'MODEL_NOT_FOUND', status: 404, param: 'model' });
    expect((error as NearhitError).message).toMatch(/Provider claude.*no embeddings/);
  });
});

describe('gemini', () => {
  const config = { kind: 'gemini' } as const;

  test.each([
    ['gemini-2.5-pro', false, '/v1beta/models/gemini-2.5-pro:generateContent'],
    ['models/gemini-2.5-pro', true, '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse'],
    ['tunedModels/mine', false, '/v1beta/tunedModels/mine:generateContent'],
    ['../../x?y', false, '/v1beta/models/..%2F..%2Fx%3Fy:generateContent'],
    ['models/../x', false, '/v1beta/models/..%2Fx:generateContent'],
  ])('%s, stream %p: %s', (model, stream, path) => {
    expect(sent(config, '/v1beta', { model, stream }).path).toBe(path);
  });

  test('embeddings', () => {
    const { path, body, headers } = sent(config, '/v1beta', embeddings(['a'], { dimensions: 3 }), 'AIza');
    expect(path).toBe('/v1beta/models/m:batchEmbedContents');
    expect(body.requests).toHaveLength(1);
    expect(headers['x-goog-api-key']).toBe('AIza');
  });
});

describe('azure-openai', () => {
  const config = { kind: 'azure-openai', apiVersion: '2024-10-21' } as const;

  test.each([
    ['', '/openai/deployments/my%20model/chat/completions?api-version=2024-10-21'],
    ['/openai', '/openai/deployments/my%20model/chat/completions?api-version=2024-10-21'],
    ['/openai/v1', '/openai/v1/chat/completions?api-version=2024-10-21'],
  ])('under %j: %s', (prefix, path) => {
    expect(sent(config, prefix, { model: 'my model' }).path).toBe(path);
  });

  test('a name that would lead elsewhere is none', () => {
    expect(() => sent(config, '', { model: '..' })).toThrow(/no deployment `\.\.`/);
    expect(sent(config, '', { model: '../x' }).path).toContain('/deployments/..%2Fx/chat/completions');
  });

  test('no version, embeddings, tokens of Entra ID', () => {
    expect(sent({ kind: 'azure-openai' }, '/openai/v1', embeddings('x')).path).toBe('/openai/v1/embeddings');
    expect(sent(config, '', {}, 'key').headers['api-key']).toBe('key');
    const token = 'eyJhbGciOi.eyJhdWQi.c2ln';
    expect(sent(config, '', { credential: token }).headers).toMatchObject({ authorization: `Bearer ${token}` });
    expect(sent(config, '', { credential: 'nh_secret' }).headers).not.toHaveProperty('api-key');
  });
});

describe('openai', () => {
  test('headers of the operator win over everything', () => {
    const { headers } = sent({ headers: { Authorization: 'Basic x', 'User-Agent': 'us' } }, '/v1', {}, 'key');
    expect(headers).toMatchObject({ authorization: 'Basic x', 'user-agent': 'us' });
  });
});
