import { describe, expect, test } from '@jest/globals';
import type { PolicyAnswer } from '@nearhit/http/admin-types';
import { chosen, figureAt, knobInUse, RANGES, snapped, startOf, undoOf } from './knob.ts';

const policy = (fields: Partial<PolicyAnswer>): PolicyAnswer => ({
  ...{ namespace: 'support', model: null, own: {}, origin: {}, threshold: 0.9 },
  ...fields,
});

describe('the knob', () => {
  test('what nobody set is not chosen, but the slider stands somewhere', () => {
    const untouched = policy({ origin: { threshold: 'built-in' } });
    expect([chosen(untouched, 'threshold'), startOf(untouched, 'threshold')]).toEqual([undefined, 0.9]);
    expect([chosen(untouched, 'maxErrorRate'), startOf(untouched, 'maxErrorRate')]).toEqual([undefined, 0.05]);
    expect(knobInUse(untouched)).toBe('threshold');
    expect(knobInUse(policy({ maxErrorRate: 0.02, origin: { maxErrorRate: 'file:default' } }))).toBe('maxErrorRate');
  });

  test('undo puts back what this level had, and takes off what it had not', () => {
    const own = { threshold: 0.93 };
    expect(undoOf(policy({ ...own, own, origin: { threshold: 'admin:support' } }), 'threshold')).toEqual(own);
    expect(undoOf(policy({ ...own, own, origin: { threshold: 'file:support' } }), 'threshold')).toEqual({
      threshold: null,
    });
    expect(undoOf(policy({ origin: { threshold: 'admin:default' } }), 'threshold')).toEqual({ threshold: null });
    const ofModel = policy({ ...own, model: 'a/b', origin: { threshold: 'admin:support/a/b' } });
    expect(undoOf(ofModel, 'threshold')).toEqual(own);
  });

  test('the row of a curve is the last one at or below', () => {
    const rows = [0.7, 0.8, 0.9].map((threshold) => ({ threshold })) as Parameters<typeof figureAt>[0];
    expect([0.5, 0.7, 0.85, 0.9, 1].map((at) => figureAt(rows, at)?.threshold)).toEqual([0.7, 0.7, 0.8, 0.9, 0.9]);
    expect(figureAt([], 0.9)).toBeUndefined();
  });

  test('a slider stays on its steps', () => {
    expect([0.1, 0.8999999, 0.93, 2].map((value) => snapped(value, RANGES.threshold))).toEqual([0.7, 0.9, 0.93, 1]);
  });
});
