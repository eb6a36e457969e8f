import { describe, expect, test } from '@jest/globals';
import { bytes, count, duration, NOTHING, percent, relative, usd } from './format.ts';

describe('figures', () => {
  test.each([
    [count, 0, '0'],
    [count, 12_345, '12,345'],
    [count, 1_234_567, '1.2M'],
    [percent, 0, '0%'],
    [percent, 0.4567, '45.7%'],
    [percent, 0.00042, '0.042%'],
    [usd, 0, '$0.00'],
    [usd, 0.000_42, '$0.00042'],
    [usd, 0.5, '$0.50'],
    [usd, 12.345, '$12.35'],
    [usd, 12_345.6, '$12,346'],
    [duration, 0.42, '0.4 ms'],
    [duration, 12.3, '12 ms'],
    [duration, 1234, '1.23 s'],
    [bytes, 0, '0 B'],
    [bytes, 1500, '1.5 kB'],
    [bytes, 2_000_000_000, '2 GB'],
  ] as const)('%o of %d is %s', (say, value, text) => {
    expect(say(value)).toBe(text);
  });

  test.each([count, percent, usd, duration, bytes])('%o of nothing is a dash', (say) => {
    expect([say(null), say(undefined), say(Number.NaN)]).toEqual([NOTHING, NOTHING, NOTHING]);
  });

  test('how long ago', () => {
    const now = Date.UTC(2026, 0, 2);
    expect(relative(now - 3 * 60_000, now)).toBe('3 minutes ago');
    expect(relative(now + 26 * 3_600_000, now)).toBe('tomorrow');
  });
});
