import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ModelConfig } from './config.ts';
import { demo, gateway, openAi } from './conformance/config.ts';
import { json, type Origin, startOrigin } from './conformance/origin.ts';
import { chatCall, record, until } from './conformance/recorder.ts';
import { createUpstream, type Gateway } from './upstream.ts';

const LIST = { object: 'list', data: [{ id: 'gpt-4o', created: 7 }, { id: 'gpt-4o-mini' }, { nonsense: true }] };

function model(id: string, overrides: Partial<ModelConfig> = {}): ModelConfig {
  return { id, aliases: [], targets: [], ...overrides };
}

describe('routing', () => {
  let first: Origin;
  let second: Origin;
  let upstream: Gateway;
  let nowMs: number;
  const open = (...args: Parameters<typeof gateway>) => {
    upstream = createUpstream(gateway(...args), { now: () => nowMs });
  };
  const ask = (name: string) => record(upstream, chatCall({ model: name })).done;

  beforeEach(async () => {
    nowMs = 1_700_000_000_000;
    first = await startOrigin(json(LIST));
    second = await startOrigin(json({ data: [] }));
  });
  afterEach(async () => {
    await upstream.close();
    await first.close();
    await second.close();
  });

  test('a name that nothing knows goes to the only provider; demo does not count beside a real one', async () => {
    open([openAi(first.url), demo()]);
    expect((await ask('anything')).head).toMatchObject({ provider: 'main', model: 'anything' });
    expect((await ask('demo-fast')).head).toMatchObject({ provider: 'demo', model: 'demo-fast' });
  });

  test('with several providers it is MODEL_NOT_FOUND, with the nearest known names', async () => {
    open(
      [openAi(first.url), openAi(second.url, { id: 'other' })],
      [model('gpt-4o', { targets: [{ provider: 'other', model: 'x' }], aliases: ['gpt-4o-latest', 'zebra'] })],
    );
    expect((await ask('gpt-4o')).head).toMatchObject({ provider: 'other', model: 'x' });
    const heard = await ask('GPT-4');
    expect(heard.events).toEqual(['error']);
    expect(heard.error).toMatchObject({ kind: 'MODEL_NOT_FOUND', status: 404, param: 'model' });
    expect(heard.error?.message).toMatch(/`GPT-4` is not known here.*`gpt-4o`/);
    expect(heard.error?.message).not.toContain('zebra');
    expect(upstream.usesClientCredential('GPT-4')).toBe(false);
  });

  test('aliases share target and price; a model without targets goes to the only provider', async () => {
    const price = { inputUsdPerMTok: 1, outputUsdPerMTok: 2 };
    open([openAi(first.url)], [model('big', { aliases: ['large'], price })]);
    expect((await ask('large')).head?.model).toBe('big');
    expect(upstream.price('large')).toEqual(price);
    expect(upstream.price('other')).toBeUndefined();
  });

  test('models(): configured, then listed; asked once a minute; a provider that fails keeps its last list', async () => {
    open([openAi(first.url), demo()], [model('gpt-4o', { aliases: ['best'] })]);
    const [models, again] = await Promise.all([upstream.models(), upstream.models()]);
    expect(models).toEqual(again);
    expect(models).toEqual([
      { id: 'gpt-4o', provider: 'main', created: 1_700_000_000 },
      { id: 'best', provider: 'main', created: 1_700_000_000, aliasOf: 'gpt-4o' },
      { id: 'gpt-4o-mini', provider: 'main', created: 0 },
      { id: 'demo', provider: 'demo', created: 0 },
      { id: 'demo-fast', provider: 'demo', created: 0 },
    ]);
    expect(first.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models']);
    nowMs += 59_000;
    await upstream.models();
    expect(first.calls).toHaveLength(1);
    first.script((_call, response) => response.writeHead(500).end('<html>'));
    nowMs += 2_000;
    expect(await upstream.models()).toEqual(models);
    expect(first.calls).toHaveLength(2);
  });

  test('models() of a provider that sends nonsense or nothing in time are none', async () => {
    open([openAi(first.url)]);
    first.script((_call, response) => response.end('{"data":7}'));
    expect(await upstream.models()).toEqual([]);
    first.script(() => {});
    nowMs += 10_000;
    expect(await upstream.models()).toEqual([]);
    expect(first.calls).toHaveLength(2);
  });

  test('reconfigure: calls in flight end as they began, new ones go the new way, counters go on', async () => {
    open([openAi(first.url)]);
    let finish = () => {};
    first.script((_call, response) => {
      response.writeHead(200).write('old');
      finish = () => response.end(' end');
    });
    const running = record(upstream, chatCall({ stream: true }));
    await until(() => running.chunks.length === 1, 'the first chunk');
    upstream.reconfigure(gateway([openAi(second.url)]));
    await ask('x');
    expect(second.calls).toHaveLength(1);
    finish();
    await running.done;
    expect(running.text()).toBe('old end');
    expect(upstream.providers()).toMatchObject([
      { id: 'main', kind: 'openai', baseUrl: second.url, requests: 2, errors: 0, inFlight: 0 },
    ]);
  });

  test('reconfigure with the same provider keeps its connection', async () => {
    open([openAi(first.url)]);
    await ask('x');
    await new Promise((resolve) => setImmediate(resolve));
    upstream.reconfigure(
      gateway(
        [openAi(first.url), openAi(second.url, { id: 'other' })],
        [model('x', { targets: [{ provider: 'main', model: 'x' }] })],
      ),
    );
    await ask('x');
    expect(first.calls.map(({ ofConnection }) => ofConnection)).toEqual([1, 2]);
  });

  test.each([
    ['a base URL that is none', () => gateway([openAi('nonsense')]), /not a URL/],
    ['a user name in the base URL', () => gateway([openAi('http://u:p@h/')]), /user name/],
    ['a query', () => gateway([openAi('http://h/?a=1')]), /query/],
    ['another scheme', () => gateway([openAi('ftp://h/')]), /http/],
    ['the same id twice', () => gateway([openAi('http://h/'), openAi('http://i/')]), /taken/],
    [
      'a target that is not there',
      () => gateway([openAi('http://h/')], [model('m', { targets: [{ provider: 'nobody', model: 'm' }] })]),
      /no provider nobody/,
    ],
    [
      'no target where there are several providers',
      () => gateway([openAi('http://h/'), openAi('http://h/', { id: 'b' })], [model('m')]),
      /names no target/,
    ],
  ])('%s is refused and the old configuration stays', async (_name, config, message) => {
    open([openAi(first.url)]);
    expect(() => upstream.reconfigure(config())).toThrow(message);
    expect(() => createUpstream(config())).toThrow(TypeError);
    expect((await ask('x')).head?.status).toBe(200);
  });
});
