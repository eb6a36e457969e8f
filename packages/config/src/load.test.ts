// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables are what is tested
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cwd, faults, load } from '../test/folder.ts';
import { loadConfig } from './load.ts';

/** The contract's example, word for word. */
const CONTRACT = `server: { port: 8080, host: 127.0.0.1, bodyBytesMax: 10485760, adminToken: \${NEARHIT_ADMIN_TOKEN} }
auth: optional                       # required | optional
providers:
  - id: main                         # unique
    kind: openai                     # openai | anthropic | gemini | azure-openai | demo
    baseUrl: https://api.openai.com/v1
    apiKeys: [ \${OPENAI_API_KEY} ]
    timeoutsMs: { connect: 2000, firstByte: 30000, idle: 30000, total: 300000 }
    concurrencyMax: 200
models:
  - id: gpt-4o                       # what clients ask for
    aliases: [ gpt-4o-latest ]
    routing: priority                # priority | weighted | cost | latency | balanced
    targets:
      - { provider: main, model: gpt-4o, weight: 1 }
    fallbacks: [ claude-sonnet-4.5 ]
    price: { inputUsdPerMTok: 2.5, cachedInputUsdPerMTok: 1.25, outputUsdPerMTok: 10 }
    contextTokens: 128000
retry: { attemptsMax: 3, backoffMs: 200, backoffMsMax: 5000 }
breaker: { failures: 5, openMs: 10000 }
policies:                            # same fields as the admin API; the admin API's changes win over the file and survive it
  default: { threshold: 0.90, guard: standard, ttlSeconds: 86400 }
  namespaces:
    support: { threshold: 0.93, models: { gpt-4o: { ttlSeconds: 3600 } } }
`;

describe('defaults', () => {
  test('without a file and without variables: everything has a value, and demo answers', () => {
    const config = load();
    expect(config).toMatchObject({
      server: { port: 8080, host: '127.0.0.1', bodyBytesMax: 10_485_760 },
      auth: 'optional',
      retry: { attemptsMax: 3, backoffMs: 200, backoffMsMax: 5_000 },
      breaker: { failures: 5, openMs: 10_000 },
      cache: { lookupTimeoutMs: 150, l1: { bytesMax: 67_108_864, slidingSeconds: 300 } },
      embedding: { threads: 1, queueMax: 4_096 },
      redis: { keyPrefix: 'nearhit', commandTimeoutMs: 2_000 },
      services: { embeddingUrls: [], cacheUrls: [] },
      queue: { concurrency: 64, flushMs: 50, entriesMax: 10_000, attemptsMax: 8 },
      index: { idleSeconds: 600 },
      policies: { default: {}, namespaces: {} },
      models: [],
      dataDir: join(cwd, '.nearhit'),
      logLevel: 'info',
      warnings: [],
    });
    expect(config.providers.map(({ id, kind }) => ({ id, kind }))).toEqual([{ id: 'demo', kind: 'demo' }]);
    expect(config.server.adminToken).toBeUndefined();
    expect(config.redis.url).toBeUndefined();
    expect(config.services.internalToken).toBeUndefined();
    expect(config.source).toEqual({ file: undefined, contentHash: undefined });
  });

  test.each(['', '# nothing but a comment\n', '---\n', 'policies:\nproviders:\nserver:\n', '\uFEFFauth: optional\n'])(
    'an empty file is the defaults: %j',
    (yaml) => {
      expect(load(yaml).providers).toHaveLength(1);
    },
  );

  test('frozen to its leaves', () => {
    const config = load(CONTRACT, { OPENAI_API_KEY: 'sk-1', NEARHIT_ADMIN_TOKEN: 't' });
    expect(() => Object.assign(config.policies.namespaces.support ?? {}, { threshold: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.providers[0]?.timeoutsMs ?? {}, { idle: 1 })).toThrow(TypeError);
  });
});

describe('the file', () => {
  test("the contract's example, braces in flow maps included", () => {
    const config = load(CONTRACT, { OPENAI_API_KEY: 'sk-1', NEARHIT_ADMIN_TOKEN: 'secret' });
    expect(config.server.adminToken).toBe('secret');
    expect(config.providers.map(({ id, apiKeys }) => ({ id, apiKeys }))).toEqual([
      { id: 'main', apiKeys: ['sk-1'] },
      { id: 'openai', apiKeys: ['sk-1'] },
    ]);
    expect(config.models[0]).toMatchObject({ id: 'gpt-4o', aliases: ['gpt-4o-latest'], contextTokens: 128_000 });
    expect(config.policies.namespaces.support).toEqual({
      threshold: 0.93,
      models: { 'gpt-4o': { ttlSeconds: 3_600 } },
    });
    expect(config.source.contentHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('every fault at once, each with line, column and path', () => {
    const yaml = [
      'server: { port: 70000, hots: x }',
      'auth: maybe',
      'providers:',
      '  - kind: anthropic',
      '    id: a',
      '  - baseUrl: ftp://x/',
      '    concurrencyMax: 1.5',
      'policies:',
      '  default:',
      '    threshold: 1.5',
      '    guard: loose',
      '  namespaces:',
      '    "a b": {}',
      '    ok: { models: { m: { ttlSeconds: -1 } } }',
      'wat: 1',
      'retry: [1]',
      'cache: { l1: { bytesMax: lots } }',
      'models: 7',
    ].join('\n');
    expect(faults(yaml)).toEqual([
      'nearhit.yaml:1:17 server.port: expected an integer from 0 to 65535, got 70000',
      'nearhit.yaml:1:24 server.hots: unknown key; did you mean host?',
      'nearhit.yaml:2:7 auth: expected one of required, optional, got "maybe"',
      'nearhit.yaml:6:5 providers[1].id: expected 1 to 64 of the characters A-Z a-z 0-9 . _ -, got nothing',
      'nearhit.yaml:6:14 providers[1].baseUrl: expected a URL with http:// or https://',
      'nearhit.yaml:7:21 providers[1].concurrencyMax: expected an integer from 1 to 10000, got 1.5',
      'nearhit.yaml:10:16 policies.default.threshold: expected a number from 0 to 1, got 1.5',
      'nearhit.yaml:11:12 policies.default.guard: expected one of off, standard, strict, got "loose"',
      'nearhit.yaml:13:5 policies.namespaces["a b"]: expected 1 to 128 of the characters A-Z a-z 0-9 . _ : -',
      'nearhit.yaml:14:38 policies.namespaces.ok.models.m.ttlSeconds: expected an integer from 0 to 315360000, got -1',
      'nearhit.yaml:15:1 wat: unknown key; known are server, auth, providers, models, retry, breaker, tenants, limits, usage, batches, telemetry, logging, cache, embedding, index, queue, redis, services, policies',
      'nearhit.yaml:16:8 retry: expected a map, got a list',
      'nearhit.yaml:17:26 cache.l1.bytesMax: expected an integer from 0 to 1099511627776, got "lots"',
      'nearhit.yaml:18:9 models: expected a list, got 7',
    ]);
  });

  test('values that are no numbers', () => {
    const yaml =
      'policies:\n  default: { threshold: .nan, maxErrorRate: -.inf, temperatureMax: .inf, ttlSeconds: null }\n';
    expect(faults(yaml)).toEqual([
      'nearhit.yaml:2:25 policies.default.threshold: expected a number from 0 to 1, got NaN',
      'nearhit.yaml:2:45 policies.default.maxErrorRate: expected a number from 0 to 1, got -Infinity',
      'nearhit.yaml:2:68 policies.default.temperatureMax: expected a number from 0 to 2, got Infinity',
      'nearhit.yaml:2:86 policies.default.ttlSeconds: expected an integer from 0 to 315360000, got nothing',
    ]);
  });

  test('names used twice and names of nothing', () => {
    const yaml = [
      'providers: [{ id: a }, { id: a }, { id: b }]',
      'models:',
      '  - { id: m, aliases: [n, m], targets: [{ provider: c, model: x }] }',
      '  - { id: n }',
    ].join('\n');
    expect(faults(yaml)).toEqual([
      'nearhit.yaml:1:30 providers[1].id: provider a is there already; ids must be unique',
      'nearhit.yaml:3:27 models[0].aliases[1]: model m is there already; ids and aliases must be unique',
      'nearhit.yaml:4:11 models[1].id: model n is there already; ids and aliases must be unique',
      'nearhit.yaml:3:53 models[0].targets[0].provider: there is no provider c; known are a, a, b',
      'nearhit.yaml:4:5 models[1]: expected targets, as there are several providers to choose from',
    ]);
  });

  test('fallbacks in a circle, targets twice, weights of which none counts, prices and weights below nothing', () => {
    const yaml = [
      'providers: [{ id: a }, { id: b }]',
      'models:',
      '  - { id: m, aliases: [em], targets: [{ provider: a, model: x }], fallbacks: [n] }',
      '  - { id: n, targets: [{ provider: a, model: y }, { provider: a, model: y }], fallbacks: [o, em] }',
      '  - { id: o, targets: [{ provider: b, model: z }], fallbacks: [o] }',
      '  - { id: p, routing: weighted, targets: [{ provider: a, model: x, weight: 0 }] }',
      '  - { id: q, targets: [{ provider: a, model: x }], weights: { cost: 0, latency: 0, reliability: 0 } }',
    ].join('\n');
    expect(faults(yaml)).toEqual([
      'nearhit.yaml:4:51 models[1].targets[1]: y of a is among the targets already',
      'nearhit.yaml:6:42 models[3].targets: expected a weight above 0 for one target at least',
      'nearhit.yaml:7:61 models[4].weights: expected one of cost, latency, reliability above 0',
      'nearhit.yaml:5:64 models[2].fallbacks[0]: leads back to where it came from: o -> o',
      'nearhit.yaml:4:94 models[1].fallbacks[1]: leads back to where it came from: m -> n -> m',
    ]);
    const negative = [
      'models:',
      '  - id: m',
      '    price: { inputUsdPerMTok: -1, outputUsdPerMTok: 1 }',
      '    targets: [{ provider: demo, model: x, weight: -1 }]',
    ].join('\n');
    expect(faults(negative).map((line) => line.split(',')[0])).toEqual([
      'nearhit.yaml:3:31 models[0].price.inputUsdPerMTok: expected a number from 0 to 1000000',
      'nearhit.yaml:4:51 models[0].targets[0].weight: expected a number from 0 to 1000000',
    ]);
  });

  test('a fallback that is no model: a warning, unless the only provider takes any name', () => {
    const model = 'models: [{ id: gpt-4o, targets: [{ provider: a, model: x }], fallbacks: [gpt-4O, claude] }]';
    expect(load(`providers: [{ id: a }, { id: b }]\n${model}`).warnings).toEqual([
      'nearhit.yaml:2:74 models[0].fallbacks[0]: there is no model gpt-4O; did you mean gpt-4o?; it is left out',
      'nearhit.yaml:2:82 models[0].fallbacks[1]: there is no model claude; it is left out',
    ]);
    expect(load(`providers: [{ id: a }]\n${model}`).warnings).toEqual([]);
  });

  test('a policy that may serve a wrong answer: a warning that says where', () => {
    const policies = `policies:
  default: { conversation: last-user }
  namespaces: { a: { conversation: semantic }, b: { models: { m: { conversation: last-user } } } }`;
    const unsafe = expect.stringContaining('conversation: last-user is unsafe');
    const { warnings } = load(policies);
    expect(warnings).toEqual([unsafe, unsafe]);
    expect(warnings[0]).toMatch(/^nearhit\.yaml:2:\d+ policies\.default: /);
    expect(warnings[1]).toMatch(/^nearhit\.yaml:3:\d+ policies\.namespaces\.b\.models\.m: /);
  });

  test('the secret of webhooks: long enough, from the file or the environment, never shown', () => {
    const secret = 'a-secret-of-the-cms';
    expect(load(`server: { webhookSecret: ${secret} }`).server.webhookSecret).toBe(secret);
    expect(load('', { NEARHIT_WEBHOOK_SECRET: secret }).server.webhookSecret).toBe(secret);
    expect(load('server: { webhookSecret: "" }').server.webhookSecret).toBeUndefined();
    for (const short of [
      faults('server: { webhookSecret: tooshort }'),
      faults('', { NEARHIT_WEBHOOK_SECRET: 'tooshort' }),
    ]) {
      expect(short).toEqual([expect.stringMatching(/(webhookSecret|NEARHIT_WEBHOOK_SECRET).*at least 16 characters/)]);
      expect(short[0]).not.toContain('tooshort');
    }
  });

  test.each([
    ['broken YAML', 'server: { port: 1\nauth: x', /^nearhit\.yaml:2:\d+: not valid YAML/],
    ['a key twice', 'auth: optional\nauth: required\n', /^nearhit\.yaml:2:1: not valid YAML: .*unique/],
    ['a tab', 'server:\n\tport: 1\n', /^nearhit\.yaml:2:1: not valid YAML/],
    ['two documents', 'auth: optional\n---\nauth: optional\n', /only one YAML document/],
    ['a list', '- 1\n', /^nearhit\.yaml:1:1: expected a map, got a list/],
    ['text', 'hello', /^nearhit\.yaml:1:1: expected a map, got "hello"/],
    ['an alias bomb', `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(20)}]\nc: [${'*b,'.repeat(20)}]\n`, /alias/i],
  ])('%s', (_name, yaml, expected) => {
    expect(faults(yaml)[0]).toMatch(expected);
  });

  test('named by option or by variable it must be there; the option wins', () => {
    mkdirSync(join(cwd, 'etc'));
    writeFileSync(join(cwd, 'etc', 'a.yaml'), 'auth: required');
    expect(loadConfig({ env: { NEARHIT_CONFIG: 'etc/a.yaml' }, cwd }).auth).toBe('required');
    expect(loadConfig({ env: { NEARHIT_CONFIG: 'nope' }, cwd, file: 'etc/a.yaml' }).source.file).toBe(
      join(cwd, 'etc', 'a.yaml'),
    );
    expect(faults(undefined, { NEARHIT_CONFIG: 'nope.yaml' })).toEqual(['nope.yaml: there is no such file']);
    expect(faults(undefined, { NEARHIT_CONFIG: 'etc' })).toEqual(["etc: can't be read (EISDIR)"]);
  });
});

describe('environment', () => {
  test('wins over the file', () => {
    const config = load('server: { port: 1, host: a, adminToken: b }\nembedding: { model: c }\n', {
      PORT: '0',
      HOST: '0.0.0.0',
      NEARHIT_ADMIN_TOKEN: 'token',
      EMBEDDING_MODEL: './model',
      NEARHIT_DATA_DIR: 'data',
      LOG_LEVEL: 'DEBUG',
    });
    expect(config.server).toMatchObject({ port: 0, host: '0.0.0.0', adminToken: 'token' });
    expect(config.embedding.model).toBe('./model');
    expect(config.dataDir).toBe(join(cwd, 'data'));
    expect(config.logLevel).toBe('debug');
  });

  test('an empty variable is not set', () => {
    const config = load('server: { host: a }', { PORT: '', HOST: ' ', OPENAI_API_KEY: '', NEARHIT_CONFIG: '' });
    expect(config.server).toMatchObject({ port: 8080, host: 'a' });
    expect(config.providers.map(({ id }) => id)).toEqual(['demo']);
  });

  test('keys and base URLs enable providers, beside the file and behind it', () => {
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', DEEPSEEK_API_KEY: 'k' };
    expect(load(undefined, env).providers).toMatchObject([
      { id: 'openai', kind: 'openai', baseUrl: 'http://127.0.0.1:1/v1', apiKeys: [] },
      { id: 'deepseek', kind: 'openai', baseUrl: 'https://api.deepseek.com/v1', apiKeys: ['k'] },
    ]);
    const config = load('providers: [{ id: openai, baseUrl: http://file/ }]', env);
    expect(config.providers.map(({ id, baseUrl }) => [id, baseUrl])).toEqual([
      ['openai', 'http://file/'],
      ['deepseek', 'https://api.deepseek.com/v1'],
    ]);
  });

  test('each vendor has its own kind and place', () => {
    const env = { ANTHROPIC_API_KEY: 'a', GEMINI_API_KEY: 'g', GEMINI_BASE_URL: 'http://127.0.0.1:1/v1beta' };
    expect(load(undefined, env).providers).toMatchObject([
      { id: 'anthropic', kind: 'anthropic', baseUrl: 'https://api.anthropic.com/v1', apiKeys: ['a'] },
      { id: 'gemini', kind: 'gemini', baseUrl: 'http://127.0.0.1:1/v1beta', apiKeys: ['g'] },
    ]);
    expect(faults(undefined, { ANTHROPIC_BASE_URL: 'nope' })).toEqual([
      'environment ANTHROPIC_BASE_URL: expected a URL such as https://api.openai.com/v1',
    ]);
  });

  test('a key that nobody takes is a warning', () => {
    const env = { OPENAI_API_KEY: 'k', DEEPSEEK_API_KEY: 'd' };
    expect(load('providers: [{ id: openai }, { id: deepseek, apiKeys: [x] }]', env).warnings).toEqual([
      'OPENAI_API_KEY is not used: the file has a provider openai of its own; give it apiKeys: [ ${OPENAI_API_KEY} ]',
    ]);
    expect(load('providers: [{ id: other }]', env).warnings).toEqual([]);
  });

  test('faults of the environment and of the file together', () => {
    expect(faults('auth: 1', { PORT: '80a', LOG_LEVEL: 'loud', OPENAI_BASE_URL: 'http://u:p@h/' })).toEqual([
      'environment PORT: expected an integer from 0 to 65535, got "80a"',
      'environment LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, got "loud"',
      'environment OPENAI_BASE_URL: a URL must not carry a user name or password; use apiKeys',
      'nearhit.yaml:1:7 auth: expected one of required, optional, got 1',
    ]);
  });
});
