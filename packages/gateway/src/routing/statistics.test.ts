import { describe, expect, test } from '@jest/globals';
import { FadingMean, HALF_LIFE_MS } from './statistics.ts';

describe('a fading mean', () => {
  test('weights halve with time', () => {
    const mean = new FadingMean();
    expect(mean.mean).toBeUndefined();
    expect(mean.weight(0)).toBe(0);
    for (let i = 0; i < 8; i++) mean.add(100, 0);
    expect(mean.weight(0)).toBe(8);
    expect(mean.weight(HALF_LIFE_MS)).toBeCloseTo(4);
    expect(mean.weight(3 * HALF_LIFE_MS)).toBeCloseTo(1);
    expect(mean.mean).toBe(100);
  });

  test('a value of now counts twice as much as one of a half-life ago', () => {
    const mean = new FadingMean();
    mean.add(0, 0);
    mean.add(300, HALF_LIFE_MS);
    expect(mean.mean).toBeCloseTo(200);
    expect(mean.weight(HALF_LIFE_MS)).toBeCloseTo(1.5);
  });

  test('many values in a short time are no older for being many', () => {
    const mean = new FadingMean();
    for (let i = 0; i < 1_000; i++) mean.add(i < 500 ? 10 : 30, i);
    expect(mean.mean).toBeCloseTo(20, 0);
    mean.add(20, 1_000_000_000);
    expect(mean.mean).toBeCloseTo(20);
    expect(mean.weight(1_000_000_000)).toBeCloseTo(1);
  });
});
