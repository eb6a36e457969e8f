import { describe, expect, test } from '@jest/globals';
import { readControls } from './controls.ts';

const absent = { namespace: 'default', tags: [], context: [] };

describe('readControls', () => {
  test('nothing said', () => expect(readControls({}, undefined)).toMatchObject(absent));

  test('headers', () => {
    const headers = {
      'x-nearhit-cache': 'Refresh',
      'x-nearhit-namespace': 'a:b-1',
      'x-nearhit-threshold': '0.85',
      'x-nearhit-ttl': '60',
      'x-nearhit-tags': 'doc:42@v3, b,',
    };
    expect(readControls(headers, undefined)).toMatchObject({
      cache: 'refresh',
      namespace: 'a:b-1',
      threshold: 0.85,
      ttlSeconds: 60,
      tags: ['doc:42@v3', 'b'],
    });
  });

  test('the body object, the header before it', () => {
    const body = {
      cache: 'off',
      namespace: 'b',
      threshold: 0.5,
      ttl: 0,
      tags: 'a,b',
      query: 'q',
      context: [{ id: '1', version: 2 }],
    };
    expect(readControls({ 'x-nearhit-namespace': 'h' }, body)).toMatchObject({
      cache: 'off',
      namespace: 'h',
      threshold: 0.5,
      ttlSeconds: 0,
      tags: ['a', 'b'],
      query: 'q',
      context: [{ id: '1', version: 2 }],
    });
  });

  test.each([
    ['no-cache', { cache: 'refresh' }],
    ['no-store', { cache: 'off' }],
    ['no-cache, no-store', { cache: 'off' }],
    ['only-if-cached, max-age=30', { cache: 'only', maxAgeSeconds: 30 }],
    ['Max-Age="5"', { maxAgeSeconds: 5 }],
    ['max-age=x, public', {}],
  ])('Cache-Control: %s', (header, expected) => {
    const { cache, maxAgeSeconds } = readControls({ 'cache-control': header }, undefined);
    expect({ cache, maxAgeSeconds }).toEqual({ cache: undefined, maxAgeSeconds: undefined, ...expected });
  });

  test("nearhit's own word wins over HTTP's", () => {
    expect(readControls({ 'cache-control': 'no-store', 'x-nearhit-cache': 'on' }, undefined).cache).toBe('on');
  });

  test.each([
    [{ 'x-nearhit-cache': 'maybe' }, 'x-nearhit-cache'],
    [{ 'x-nearhit-namespace': 'a b' }, 'x-nearhit-namespace'],
    [{ 'x-nearhit-namespace': 'x'.repeat(129) }, 'x-nearhit-namespace'],
    [{ 'x-nearhit-threshold': 'NaN' }, 'x-nearhit-threshold'],
    [{ 'x-nearhit-threshold': 'Infinity' }, 'x-nearhit-threshold'],
    [{ 'x-nearhit-threshold': '-0.1' }, 'x-nearhit-threshold'],
    [{ 'x-nearhit-threshold': '1.01' }, 'x-nearhit-threshold'],
    [{ 'x-nearhit-threshold': '' }, 'x-nearhit-threshold'],
    [{ 'x-nearhit-ttl': '1.5' }, 'x-nearhit-ttl'],
    [{ 'x-nearhit-ttl': '-1' }, 'x-nearhit-ttl'],
  ])('%j is refused', (headers, param) => {
    expect(() => readControls(headers as Record<string, string>, undefined)).toThrow(
      expect.objectContaining({ kind: 'INVALID_REQUEST', param }),
    );
  });

  test.each([
    [{ threshold: '0.9' }, 'nearhit.threshold'],
    [{ namespace: '../x' }, 'nearhit.namespace'],
    [{ unknown: 1 }, 'nearhit'],
    [{ context: [{ id: '' }] }, 'nearhit.context[0].id'],
    ['text', 'nearhit'],
  ])('body %j is refused', (body, param) => {
    expect(() => readControls({}, body)).toThrow(expect.objectContaining({ kind: 'INVALID_REQUEST', param }));
  });
});
