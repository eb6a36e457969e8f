import { describe, expect, test } from '@jest/globals';
import { hashOf, PAGES, parseRoute } from './router.ts';

describe('addresses', () => {
  test.each([
    ['', { page: 'live', query: {} }],
    ['#/nowhere', { page: 'live', query: {} }],
    ['#/inspector?show=near&text=a%20b', { page: 'inspector', query: { show: 'near', text: 'a b' } }],
  ])('%s', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
  });

  test('go there and back', () => {
    for (const page of PAGES) {
      const query = { namespace: 'a/b?c#d', model: 'vendor/m&n=1', empty: '' };
      const { empty: _, ...rest } = query;
      expect(parseRoute(hashOf(page, query))).toEqual({ page, query: rest });
    }
  });
});
