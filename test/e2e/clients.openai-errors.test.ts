import { beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import type { GatewayClient } from '../support/client.ts';
import { answerPlainly, chunk, sendJson, sseHead } from '../support/fake-upstream.ts';
import { describeEmbedded } from '../support/room.ts';

describeEmbedded((t) => {
  const openai = (): OpenAI => new OpenAI({ baseURL: `${t.gateway.url}/v1`, apiKey: 'sk-client', maxRetries: 0 });
  const bodyOf = (question: string) => ({ model: 'm', messages: [{ role: 'user' as const, content: question }] });

  describe('errors are of the client’s own classes', () => {
    const error = (message: string, type: string, code: string | null = null) => ({
      error: { message, type, param: null, code },
    });

    test.each([
      [400, OpenAI.BadRequestError],
      [401, OpenAI.AuthenticationError],
      [403, OpenAI.PermissionDeniedError],
      [404, OpenAI.NotFoundError],
      [422, OpenAI.UnprocessableEntityError],
      [429, OpenAI.RateLimitError],
      [500, OpenAI.InternalServerError],
      [503, OpenAI.InternalServerError],
    ])('the provider’s %i, JSON and stream', async (status, kind) => {
      t.upstream.script = (_call, res) =>
        sendJson(res, error('told so', 'its_type', 'its_code'), status, { 'x-request-id': 'theirs' });
      for (const stream of [false, true]) {
        const asked = openai().chat.completions.create({ ...bodyOf(`status ${status}`), stream });
        const caught = await asked.catch((reason: unknown) => reason);
        expect(caught).toBeInstanceOf(kind);
        expect(caught).toMatchObject({ status, code: 'its_code', type: 'its_type' });
        expect((caught as Error).message).toContain('told so');
      }
      // What may pass is tried again before the client hears of it.
      const attempts = status === 429 || status >= 500 ? 3 : 1;
      expect(t.upstream.calls).toHaveLength(2 * attempts);
    });

    test('nearhit’s own 400, 404 and 504', async () => {
      const client = openai();
      await expect(client.chat.completions.create({ model: 'm', messages: [] })).rejects.toMatchObject({
        constructor: OpenAI.BadRequestError,
        param: 'messages',
      });
      await expect(client.models.retrieve('no-such-model')).rejects.toMatchObject({
        constructor: OpenAI.NotFoundError,
        code: 'model_not_found',
      });
      const headers = { 'x-nearhit-cache': 'only' };
      await expect(client.chat.completions.create(bodyOf('Never asked?'), { headers })).rejects.toMatchObject({
        constructor: OpenAI.InternalServerError,
        status: 504,
        code: 'cache_miss',
      });
      expect(t.upstream.calls).toHaveLength(0);
    });

    test('a stream that breaks off in the middle', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'half' }), () => res.destroy());
      };
      const stream = await openai().chat.completions.create({ ...bodyOf('Cut me?'), stream: true });
      const read = async () => {
        for await (const _ of stream);
      };
      await expect(read()).rejects.toMatchObject({ code: 'upstream_ended_early' });
    });

    test('a client that retries gets through', async () => {
      t.upstream.script = (call, res, turn) =>
        turn === 1
          ? sendJson(res, error('slow down', 'rate_limit_error'), 429, { 'retry-after-ms': '1' })
          : answerPlainly(call, res, turn);
      const client = openai().withOptions({ maxRetries: 1 });
      const { choices } = await client.chat.completions.create(bodyOf('Try again?'));
      expect(choices[0]?.message.content).toBe('answer to: Try again?');
      expect(t.upstream.calls).toHaveLength(2);
    });
  });

  describe('a gateway that asks for keys, and whose provider is slow or not there', () => {
    let strict: GatewayClient;
    beforeAll(async () => {
      strict = await t.gateway.beside(
        [
          'auth: required',
          'providers:',
          `  - { id: slow, baseUrl: ${t.upstream.url}, timeoutsMs: { firstByte: 200 } }`,
          '  - { id: absent, baseUrl: http://127.0.0.1:9/v1 }',
          'models:',
          '  - { id: gpt-slow, targets: [{ provider: slow, model: m }] }',
          '  - { id: gpt-absent, targets: [{ provider: absent, model: m }] }',
          'retry: { attemptsMax: 1 }',
          '',
        ].join('\n'),
      );
    }, 60_000);

    const ask = (model: string, apiKey = 'test-admin-token') =>
      new OpenAI({ baseURL: `${strict.url}/v1`, apiKey, maxRetries: 0 }).chat.completions
        .create({ ...bodyOf('Slow or absent?'), model })
        .then(({ choices }) => choices[0]?.message.content);

    test('401, 404, 502, 504', async () => {
      await expect(ask('gpt-slow', 'sk-wrong')).rejects.toMatchObject({
        constructor: OpenAI.AuthenticationError,
        code: 'invalid_api_key',
      });
      await expect(ask('gpt-slwo')).rejects.toMatchObject({
        constructor: OpenAI.NotFoundError,
        code: 'model_not_found',
        message: expect.stringContaining('gpt-slow'),
      });
      await expect(ask('gpt-absent')).rejects.toMatchObject({ status: 502, code: 'upstream_unreachable' });
      t.upstream.script = () => {};
      await expect(ask('gpt-slow')).rejects.toMatchObject({ status: 504, code: 'upstream_timeout' });
      t.upstream.script = answerPlainly;
      expect(await ask('gpt-slow')).toBe('answer to: Slow or absent?');
      expect(t.upstream.calls[1]?.body.model).toBe('m');
    });
  });
});
