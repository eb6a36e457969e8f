// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables are what is tested
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cwd, faults, load } from '../test/folder.ts';

const REDIS = { REDIS_URL: 'redis://r' };

describe('where Redis is', () => {
  test.each([
    'redis://localhost',
    'redis://localhost:6379/3',
    'redis://:p%40ss@10.0.0.1:6379',
    'rediss://user:pw@redis.example:6380/',
    'redis://[::1]:6379',
    'redis+sentinel://:pw@a:26379,b:26379/primary/0',
    'rediss+sentinel://a/primary',
    'redis+cluster://user:pw@a:1,b:2,[::1]:3',
    'rediss+cluster://a:1',
  ])('%s', (url) => {
    expect(load(undefined, { REDIS_URL: url }).redis.url).toBe(url);
    expect(load(`redis: { url: "${url}" }`).redis.url).toBe(url);
  });

  test.each([
    'localhost:6379',
    'http://:hunter2@host',
    'redis://',
    'redis://:hunter2@a,b',
    'redis://:hunter2@host/db',
    'redis://:hunt@er2@host',
    'redis+sentinel://:hunter2@a',
    'redis+cluster://:hunter2@a/1',
    'redis://:hunter2@host?x=1',
    'redis://:hunter2@host:6379x',
  ])('%s is refused, and not shown', (url) => {
    const all = [
      ...faults(undefined, { REDIS_URL: url }),
      ...faults(`redis: { url: "${url}" }`),
      ...faults('redis: { url: "${MY_URL}" }', { MY_URL: url }),
    ];
    expect(all).toHaveLength(3);
    expect(all[0]).toMatch(/^environment REDIS_URL: expected redis:/);
    expect(all[1]).toMatch(/^nearhit\.yaml:1:15 redis\.url: expected redis:/);
    expect(all.join()).not.toMatch(/hunt|er2/);
  });

  test.each([
    'redis: redis://:hunter2@host',
    'redis: { url: [redis://:hunter2@host] }',
    'redis: { url: { redis: hunter2 } }',
    'redis: { keyPrefix: redis://:hunter2@host }',
    'services: { internalToken: [hunter2] }',
    'services: { internalToken: 42424242 }',
    'services: { cacheUrls: redis://:hunter2@host }',
    'services: { cacheUrls: [http://u:hunter2@host] }',
    'redis://:hunter2@host',
  ])('a password in the wrong place is not shown either: %s', (yaml) => {
    expect(faults(yaml).join()).not.toMatch(/hunter2|4242/);
  });

  test('an empty one is none', () => {
    expect(load('redis: { url: "${REDIS_URL:-}", caCertFile: "" }').redis).toEqual({
      ...{ url: undefined, caCertFile: undefined, keyPrefix: 'nearhit', commandTimeoutMs: 2_000 },
    });
    expect(load(undefined, { REDIS_URL: ' ' }).redis.url).toBeUndefined();
  });
});

describe('where the services are', () => {
  test('one or several, each once, without a slash at the end', () => {
    const env = { ...REDIS, EMBEDDING_URL: 'http://e:8081', CACHE_URL: 'http://a:1/, http://b:1 ,http://a:1,' };
    expect(load(undefined, env).services).toMatchObject({
      embeddingUrls: ['http://e:8081'],
      cacheUrls: ['http://a:1', 'http://b:1'],
    });
    const yaml = 'services: { embeddingUrls: [ http://x/base/, "${MORE:-}" ], internalToken: t }';
    expect(load(yaml).services).toMatchObject({ embeddingUrls: ['http://x/base'], cacheUrls: [], internalToken: 't' });
  });

  test.each([
    ['ftp://a', 'expected URLs such as'],
    ['a:1', 'expected URLs such as'],
    ['http://u:p@a', 'must not carry a user name'],
    ['http://a?x=1', 'must not carry a query'],
  ])('%s is none', (url, why) => {
    const all = faults(undefined, { EMBEDDING_URL: url });
    expect(all).toEqual([expect.stringContaining(why)]);
    expect(all[0]).toMatch(/^environment EMBEDDING_URL: /);
  });

  test('a cache service needs Redis, wherever either is named; an embedding service does not', () => {
    expect(load(undefined, { EMBEDDING_URL: 'http://e' }).redis.url).toBeUndefined();
    expect(faults(undefined, { CACHE_URL: 'http://a' })).toEqual([
      'environment CACHE_URL: needs REDIS_URL (redis.url) as well: a cache service follows the log that is kept in Redis',
    ]);
    expect(faults('services:\n  cacheUrls: [http://a]\n')).toEqual([
      expect.stringMatching(/^nearhit\.yaml:2:14 services\.cacheUrls: needs REDIS_URL/),
    ]);
    expect(load('services: { cacheUrls: [http://a] }', REDIS).services.cacheUrls).toHaveLength(1);
    expect(load('redis: { url: redis://r }', { CACHE_URL: 'http://a' }).services.cacheUrls).toHaveLength(1);
    expect(faults(undefined, { CACHE_URL: 'http://a', REDIS_URL: 'nope' })).toHaveLength(1);
  });
});

describe('the environment', () => {
  const env = {
    ...{ REDIS_URL: 'redis://env', REDIS_KEY_PREFIX: 'team:1', REDIS_CA_CERT: 'ca.pem' },
    ...{ NEARHIT_INTERNAL_TOKEN: 'tok', NEARHIT_INTERNAL_TOKEN_FILE: '/run/secrets/token' },
    ...{ QUEUE_CONCURRENCY: '4', QUEUE_RATE_PER_SECOND: '2.5', INDEX_BYTES_MAX: '1073741824' },
    ...{ LOOKUP_TIMEOUT_MS: '90', EMBEDDING_THREADS: '2', EMBEDDING_MODEL: './m' },
  };

  test('wins over the file, field by field', () => {
    const yaml = [
      'redis: { url: redis://file, keyPrefix: file, commandTimeoutMs: 500 }',
      'queue: { concurrency: 9, attemptsMax: 3 }',
      'index: { bytesMax: 2000000, idleSeconds: 5 }',
      'cache: { lookupTimeoutMs: 7, l1: { bytesMax: 1 } }',
      'embedding: { threads: 9, queueMax: 10 }',
    ].join('\n');
    expect(load(yaml, env)).toMatchObject({
      redis: { url: 'redis://env', keyPrefix: 'team:1', caCertFile: join(cwd, 'ca.pem'), commandTimeoutMs: 500 },
      services: { internalToken: 'tok', internalTokenFile: '/run/secrets/token' },
      queue: { concurrency: 4, ratePerSecond: 2.5, attemptsMax: 3, flushMs: 50 },
      index: { bytesMax: 1_073_741_824, idleSeconds: 5 },
      cache: { lookupTimeoutMs: 90, l1: { bytesMax: 1 } },
      embedding: { threads: 2, queueMax: 10, model: './m' },
    });
    expect(() => Object.assign(load(yaml, env).services.cacheUrls, ['x'])).toThrow(TypeError);
  });

  test('every fault of it at once, by the words of the file', () => {
    const wrong = {
      ...{ REDIS_KEY_PREFIX: 'a{b}', QUEUE_CONCURRENCY: '0', QUEUE_RATE_PER_SECOND: 'fast' },
      ...{ INDEX_BYTES_MAX: '1GB', LOOKUP_TIMEOUT_MS: '1.5', EMBEDDING_THREADS: '1000' },
    };
    expect(faults(undefined, wrong)).toEqual([
      'environment REDIS_KEY_PREFIX: expected 1 to 64 of the characters A-Z a-z 0-9 . _ : -, got "a{b}"',
      'environment QUEUE_CONCURRENCY: expected an integer from 1 to 1000, got 0',
      'environment QUEUE_RATE_PER_SECOND: expected a number from 0.01 to 1000000, got "fast"',
      'environment INDEX_BYTES_MAX: expected an integer of at least 1048576, got "1GB"',
      'environment LOOKUP_TIMEOUT_MS: expected an integer from 1 to 60000, got 1.5',
      'environment EMBEDDING_THREADS: expected an integer from 1 to 256, got 1000',
    ]);
  });
});
