import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import type { GatewayClient } from '../support/client.ts';
import { sendJson } from '../support/fake-upstream.ts';
import { describeReplicas } from '../support/room.ts';
import { until } from '../support/until.ts';

interface Made {
  readonly id: string;
  readonly key: string;
}

describeReplicas(
  (t) => {
    const created = async (body: object, gateway: GatewayClient = t.gateway): Promise<Made> => {
      const { status, json } = await gateway.admin('POST', '/keys', { name: 'of a test', ...body });
      expect(status).toBe(200);
      return json;
    };
    const openai = (apiKey: string, gateway: GatewayClient = t.gateway) =>
      new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
    const ask = (client: OpenAI, question: string, model = 'm') =>
      client.chat.completions.create({ model, messages: [{ role: 'user', content: question }] });
    const failure = (call: PromiseLike<unknown>) =>
      call.then(
        () => undefined,
        (error: unknown) => error,
      );

    describe('authentication', () => {
      test('without a key, with a wrong one, a mistyped one: 401 of the client’s own class, and nothing goes upstream', async () => {
        const { key } = await created({});
        const mistyped = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
        for (const wrong of ['sk-theirs', mistyped, `nh_${'1'.repeat(32)}`]) {
          const error = await failure(ask(openai(wrong), 'Who am I?'));
          expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
          expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'authentication_error' });
          expect(String(error)).not.toContain(wrong);
        }
        const none = await t.gateway.ask('Who am I?');
        expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer realm="nearhit"']);
        for (const path of ['/v1/models', '/v1/models/m']) expect((await t.gateway.send('GET', path)).status).toBe(401);
        expect((await t.gateway.send('POST', '/v1/embeddings', { model: 'm', input: 'x' })).status).toBe(401);
        expect(t.upstream.calls).toHaveLength(0);
      });

      test('with a key the house’s own goes upstream, and never the client’s; x-api-key will do too', async () => {
        const { key } = await created({});
        await ask(openai(key), 'With a key?');
        const reply = await t.gateway.ask('With another header?', {}, { 'x-api-key': key });
        expect(reply.status).toBe(200);
        for (const { headers } of t.upstream.calls) expect(headers.authorization).toBe('Bearer sk-house');
        expect(t.upstream.calls).toHaveLength(2);
      });

      test('a key’s own upstream credential is used instead of the house’s, and never shown', async () => {
        t.upstream.script = (_call, res) => sendJson(res, { object: 'list', data: [], usage: { prompt_tokens: 1 } });
        const { key } = await created({ upstreamKeys: { openai: 'sk-of-the-tenant' } });
        expect((await t.gateway.admin('GET', '/keys')).text).not.toContain('sk-of-the-tenant');
        const authorization = `Bearer ${key}`;
        await t.gateway.send('POST', '/v1/embeddings', { model: 'm', input: 'x' }, { authorization });
        expect(t.upstream.calls[0]?.headers.authorization).toBe('Bearer sk-of-the-tenant');
      });

      test('counting tokens is a request like others: for whom it is allowed, within their limits', async () => {
        const body = { model: 'm', messages: [{ role: 'user', content: 'How many?' }] };
        const count = async (settings: object) => {
          const authorization = `Bearer ${(await created(settings)).key}`;
          const asked = () => t.gateway.send('POST', '/v1/messages/count_tokens', body, { authorization });
          return [(await asked()).status, (await asked()).status];
        };
        expect(await count({ features: ['chat'] })).toEqual([403, 403]);
        expect(await count({ rpm: 1 })).toEqual([200, 429]);
        expect(t.upstream.calls).toHaveLength(0);
      });

      test('a key that is revoked, rotated or deleted opens nothing within a second, at every replica', async () => {
        const { id, key } = await created({});
        const rotatedAway = await created({});
        const deleted = await created({});
        for (const one of [key, rotatedAway.key, deleted.key]) await openai(one).models.list();
        await t.gateway.afresh();
        for (const one of [key, rotatedAway.key, deleted.key]) await openai(one).models.list();
        await t.gateway.afresh();
        await t.gateway.admin('PATCH', `/keys/${id}`, { revoked: true });
        const { json: rotated } = await t.gateway.admin('POST', `/keys/${rotatedAway.id}/rotate`);
        await t.gateway.admin('DELETE', `/keys/${deleted.id}`);
        const refused = () =>
          Promise.all([key, rotatedAway.key, deleted.key].map((one) => failure(openai(one).models.list())));
        for (const error of await refused()) expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
        await t.gateway.afresh();
        await until('it is so elsewhere', async () =>
          (await refused()).every((error) => error instanceof OpenAI.AuthenticationError),
        );
        await openai(rotated.key).models.list();
      });
    });

    describe('grants', () => {
      test('models that a key may not use are neither listed nor answered', async () => {
        const { key } = await created({ models: ['m'], features: ['models', 'embeddings'] });
        const listed = await openai(key).models.list();
        expect(listed.data.map(({ id }) => id)).toEqual(['m']);
        const error = await failure(openai(key).embeddings.create({ model: 'other', input: 'x' }));
        expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
        expect(error).toMatchObject({ status: 403, param: 'model' });
        expect((error as Error).message).toContain("may not use the model 'other'. It may use: m.");
        const unlisted = await created({ features: ['chat'] });
        expect(await failure(openai(unlisted.key).models.list())).toBeInstanceOf(OpenAI.PermissionDeniedError);
        expect(t.upstream.calls).toHaveLength(0);
      });

      test('what one tenant has asked another does not get from the cache', async () => {
        const [a, b] = [await created({ tenant: 'a' }), await created({ tenant: 'b' })];
        for (const { key } of [a, b, a, b]) await ask(openai(key), 'What is stored for whom?');
        expect(t.upstream.calls).toHaveLength(2);
      });
    });

    describe('limits', () => {
      test('requests: exactly so many, over replicas and restarts; 429 says when to come back', async () => {
        const { id, key } = await created({ rpm: 4, tenant: 'limited' });
        const first = await ask(openai(key), 'Counted?').withResponse();
        expect(first.response.headers.get('x-ratelimit-limit-requests')).toBe('4');
        expect(first.response.headers.get('x-ratelimit-remaining-requests')).toBe('3');
        expect(first.response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0s|\d+(\.\d+)?s)$/);
        // From the cache, and counted all the same.
        await ask(openai(key), 'Counted?');
        await t.gateway.afresh();
        const outcomes = await Promise.all(Array.from({ length: 8 }, () => failure(ask(openai(key), 'Counted?'))));
        const refused = outcomes.filter((error) => error !== undefined);
        expect(refused).toHaveLength(6);
        for (const error of refused) {
          expect(error).toBeInstanceOf(OpenAI.RateLimitError);
          const { headers, message } = error as InstanceType<typeof OpenAI.RateLimitError>;
          expect(message).toMatch(new RegExp(`API key ${id} on requests per minute \\(RPM\\): Limit 4, Used 4`));
          expect(Number(headers?.get('retry-after'))).toBeGreaterThan(0);
          expect(Number(headers?.get('retry-after'))).toBeLessThanOrEqual(60);
          expect(headers?.get('x-ratelimit-remaining-requests')).toBe('0');
        }
        expect((await t.gateway.admin('GET', `/keys/${id}`)).json.use).toMatchObject({ requestsThisMinute: 4 });
      });

      test('of a tenant hold for all its keys together', async () => {
        await t.gateway.admin('PUT', '/tenants/two-keys', { rpm: 2 });
        const keys = [await created({ tenant: 'two-keys' }), await created({ tenant: 'two-keys' })];
        for (const { key } of keys) await openai(key).models.list();
        for (const { key } of keys) {
          const error = await failure(openai(key).models.list());
          expect(error).toBeInstanceOf(OpenAI.RateLimitError);
          expect((error as Error).message).toContain('for tenant two-keys');
        }
      });

      test('tokens and money of embeddings: set aside before, booked as the provider counted', async () => {
        const gateway = await t.gateway.beside(`
providers: [{ id: main, baseUrl: ${t.upstream.url}, apiKeys: [sk-house] }]
models: [{ id: m, price: { inputUsdPerMTok: 1000, outputUsdPerMTok: 0 } }]
`);
        t.upstream.script = (_call, res) =>
          sendJson(res, {
            ...{ object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [1] }] },
            usage: { prompt_tokens: 40, total_tokens: 40 },
          });
        const tokens = await created({ tpm: 70 }, gateway);
        const embed = (key: string) =>
          gateway.send(
            'POST',
            '/v1/embeddings',
            { model: 'm', input: 'hello world' },
            { authorization: `Bearer ${key}` },
          );
        const first = await embed(tokens.key);
        expect(first.status).toBe(200);
        // Counted, or guessed by the length while the tables are being loaded.
        expect(['68', '66']).toContain(first.headers['x-ratelimit-remaining-tokens']);
        const useOf = async (id: string) => (await gateway.admin('GET', `/keys/${id}`)).json.use;
        await until('40 are booked', async () => (await useOf(tokens.id)).tokensThisMinute === 40);
        expect((await embed(tokens.key)).status).toBe(200);
        await until('80 are booked', async () => (await useOf(tokens.id)).tokensThisMinute === 80);
        const refused = await embed(tokens.key);
        expect([refused.status, refused.json.error.code]).toEqual([429, 'rate_limit_exceeded']);
        expect(refused.json.error.message).toContain('tokens per minute (TPM): Limit 70, Used 80');

        const money = await created({ budgetUsdDay: 0.05 }, gateway);
        expect((await embed(money.key)).status).toBe(200);
        await until('it is booked', async () => (await useOf(money.id)).spentUsdDay === 0.04);
        expect((await embed(money.key)).status).toBe(200);
        await until('it is booked', async () => (await useOf(money.id)).spentUsdDay === 0.08);
        const error = await failure(openai(money.key, gateway).embeddings.create({ model: 'm', input: 'hello world' }));
        expect(error).toBeInstanceOf(OpenAI.RateLimitError);
        expect(error).toMatchObject({ code: 'budget_exceeded', type: 'insufficient_quota' });
        expect(await useOf(money.id)).toMatchObject({ reservedUsd: 0, inFlight: 0 });
      });
    });

    test('too many wrong keys from one address: 429, and who is known goes on', async () => {
      const { key } = await created({});
      await openai(key).models.list();
      let last = await t.gateway.send('GET', '/v1/models', undefined, { authorization: 'Bearer sk-wrong' });
      for (let n = 0; n < 200 && last.status === 401; n++)
        last = await t.gateway.send('GET', '/v1/models', undefined, { authorization: 'Bearer sk-wrong' });
      expect([last.status, last.json.error.code]).toEqual([429, 'rate_limit_exceeded']);
      expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
      await openai(key).models.list();
      expect((await t.gateway.admin('GET', '/keys')).status).toBe(200);
    });
  },
  { OPENAI_API_KEY: 'sk-house', NEARHIT_AUTH: 'required' },
);
