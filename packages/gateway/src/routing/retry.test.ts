import { describe, expect, test } from '@jest/globals';
import { backoffMs, retryAfterMs, verdictOf } from './retry.ts';

const NOW_MS = Date.UTC(2026, 10, 30, 12, 0, 0);

describe('retry-after', () => {
  test.each([
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': ' 1.5 ' }, 1_500],
    [{ 'retry-after': 'Mon, 30 Nov 2026 12:00:05 GMT' }, 5_000],
    [{ 'retry-after': 'Monday, 30-Nov-26 12:00:05 GMT' }, 5_000],
    [{ 'retry-after': 'Mon Nov 30 12:00:05 2026 GMT' }, 5_000],
    [{ 'retry-after': 'Mon, 30 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9_000],
    [{ 'retry-after-ms': '-1', 'retry-after': '9' }, 9_000],
    [{ 'retry-after': '-3' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': '2027' }, 2_027_000],
    [{ 'retry-after': 'Mon, 99 Foo' }, undefined],
    [{}, undefined],
  ])('%j: %p', (headers, expected) => {
    expect(retryAfterMs(headers as Record<string, string>, NOW_MS)).toBe(expected);
  });
});

test('back-off: anything up to a bound that doubles and has a bound of its own', () => {
  const config = { attemptsMax: 9, backoffMs: 200, backoffMsMax: 1_000 };
  const bounds = [2, 3, 4, 5, 60].map((round) => backoffMs(config, round, () => 1));
  expect(bounds).toEqual([200, 400, 800, 1_000, 1_000]);
  expect(backoffMs(config, 5, () => 0)).toBe(0);
  expect(backoffMs(config, 3, () => 0.5)).toBe(200);
});

test("a refusal is the house's own matter or the caller's", () => {
  for (const status of [401, 402, 403]) {
    expect(verdictOf(status, {}, true)).toBe('refused');
    expect(verdictOf(status, {}, false)).toBe('answer');
  }
});
