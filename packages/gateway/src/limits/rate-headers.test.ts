import { expect, test } from '@jest/globals';
import { duration } from './rate-headers.ts';

test.each([
  [0, '0ms'],
  [12, '12ms'],
  [999.2, '1s'],
  [8_640, '8.64s'],
  [60_000, '1m0s'],
  [360_000, '6m0s'],
  [61_500, '1m1.5s'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
