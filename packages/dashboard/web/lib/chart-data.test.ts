import { describe, expect, test } from '@jest/globals';
import { lastKnown, stacked } from './chart-data.ts';

describe('columns of a chart', () => {
  test('are stacked from the last series up', () => {
    expect(
      stacked([
        [1, 2],
        [1, 2],
        [10, null],
        [100, 200],
      ]),
    ).toEqual([
      [1, 2],
      [111, 202],
      [110, 200],
      [100, 200],
    ]);
  });

  test('the last moment of which anything is known', () => {
    expect(
      lastKnown([
        [1, 2, 3],
        [null, 5, null],
        [1, null, null],
      ]),
    ).toBe(1);
    expect(lastKnown([[1], [null]])).toBe(-1);
  });
});
