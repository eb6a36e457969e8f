import { describe, expect, test } from '@jest/globals';
import { duration, someOf, thresholds, wholeNumber } from './options.ts';

describe('thresholds', () => {
  test.each([
    ['0.9', [0.9]],
    ['.9', [0.9]],
    ['0.95,0.8', [0.8, 0.95]],
    ['0.8..0.83', [0.8, 0.81, 0.82, 0.83]],
    ['0.9,0.9..0.91,1', [0.9, 0.91, 1]],
    ['0.905', [0.905]],
    ['0..0', [0]],
    ['0.885..0.9', [0.885, 0.895]],
  ])('%s', (text, values) => {
    expect(thresholds(text)).toEqual(values);
  });

  test('0.75..0.99 has no rounding errors in it', () => {
    const all = thresholds('0.75..0.99');
    expect(all).toHaveLength(25);
    expect(all.every((value) => value === Number(value.toFixed(2)))).toBe(true);
  });

  test('are added to those given before', () => {
    expect(thresholds('0.8', [0.9])).toEqual([0.8, 0.9]);
  });

  test.each(['', '1.1', '-0.1', 'high', '0.9..0.8', '0.8..1.2', '0.8..', '0.8,,0.9', 'NaN', '1e-1', '0.8..0.9..1'])(
    'not %j',
    (text) => {
      expect(() => thresholds(text)).toThrow('similarities from 0 to 1');
    },
  );
});

describe('durations', () => {
  test.each([
    ['10', 10_000],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['500ms', 500],
    ['2m', 120_000],
  ])('%s', (text, ms) => {
    expect(duration(text)).toBe(ms);
  });

  test.each(['', '0', '0s', '-1s', '10d', 's', '1 s', '25h'])('not %j', (text) => {
    expect(() => duration(text)).toThrow('duration');
  });
});

test('whole numbers keep their range', () => {
  const port = wholeNumber(0, 65_535);
  expect([port('0'), port('65535')]).toEqual([0, 65_535]);
  for (const text of ['-1', '65536', '1.5', '1e3', '', '0x10', ' 1'])
    expect(() => port(text)).toThrow('from 0 to 65535');
  expect(() => wholeNumber(1)('0')).toThrow('at least 1');
});

test('choices come in their own order, each once', () => {
  const guards = someOf(['off', 'standard', 'strict']);
  expect(guards('strict,off', ['off'])).toEqual(['off', 'strict']);
  expect(() => guards('off,lax')).toThrow('off, standard, strict');
});
