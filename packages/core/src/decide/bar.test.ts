import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CalibrationInForce } from '../calibrate/calibrator.ts';
import { POLICY_DEFAULTS, POLICY_FIELDS, type PolicyPatch } from '../policy/schema.ts';
import type { ResolvedPolicy } from '../policy/service.ts';
import { type BarEvidence, type BarRequest, barOf, COSINE_FLOOR } from './bar.ts';

function requestOf(patch: PolicyPatch, controls: { threshold?: number } = {}, thresholdFloor?: number): BarRequest {
  const origin = Object.fromEntries(POLICY_FIELDS.map((field) => [field, field in patch ? 'admin:n' : 'built-in']));
  return {
    resolved: { policy: { ...POLICY_DEFAULTS, ...patch }, origin: origin as ResolvedPolicy['origin'] },
    controls,
    thresholdFloor,
  };
}

const calibration = (bar: number | undefined) => ({ bar }) as CalibrationInForce;
const verifier = (bar?: number): BarEvidence => ({ bar: 0.75, calibrated: () => calibration(bar) });

describe('the bar in force', () => {
  test('is the verifier’s own where nobody chose', () => {
    expect(barOf(requestOf({}), verifier())).toEqual({
      ...{ similarityMin: COSINE_FLOOR, similarityOrigin: 'floor' },
      verified: { probabilityMin: 0.75, similarityWithout: POLICY_DEFAULTS.threshold },
    });
  });

  test('is the threshold that somebody chose, and what is served must be likelier right than wrong', () => {
    expect(barOf(requestOf({ threshold: 0.8 }), verifier())).toEqual({
      ...{ similarityMin: 0.8, similarityOrigin: 'admin:n' },
      verified: { probabilityMin: 0.5, similarityWithout: 0.8 },
    });
    expect(barOf(requestOf({ threshold: 0.8 }, { threshold: 0.95 }), verifier())).toMatchObject({
      ...{ similarityMin: 0.95, similarityOrigin: 'request' },
    });
  });

  test('is what keeps the error budget, above the floor or beside a threshold', () => {
    expect(barOf(requestOf({ maxErrorRate: 0.03 }), verifier(0.96))).toMatchObject({
      similarityMin: COSINE_FLOOR,
      verified: { probabilityMin: 0.96, calibration: { bar: 0.96 } },
    });
    expect(barOf(requestOf({ maxErrorRate: 0.03, threshold: 0.9 }), verifier(0.96))).toMatchObject({
      similarityMin: 0.9,
      verified: { probabilityMin: 0.96 },
    });
  });

  test('no probability keeps a budget that nothing shows to be kept', () => {
    expect(barOf(requestOf({ maxErrorRate: 0.001 }), verifier(undefined)).verified?.probabilityMin).toBe(Infinity);
  });

  test('is cosine similarity alone without guards, unless there is a budget', () => {
    expect(barOf(requestOf({ guard: 'off' }), verifier())).toEqual({
      similarityMin: 0.9,
      similarityOrigin: 'built-in',
    });
    expect(barOf(requestOf({ guard: 'off', maxErrorRate: 0.1 }), verifier(0.8)).verified?.probabilityMin).toBe(0.8);
  });

  test('without a verifier is never below the threshold, and never below the key’s floor', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const maybe = fc.option(share, { nil: undefined });
    fc.assert(
      fc.property(maybe, maybe, maybe, maybe, (threshold, asked, floor, maxErrorRate) => {
        const patch = {
          ...(threshold !== undefined && { threshold }),
          ...(maxErrorRate !== undefined && { maxErrorRate }),
        };
        const request = requestOf(patch, asked === undefined ? {} : { threshold: asked }, floor);
        const strict = Math.max(asked ?? threshold ?? POLICY_DEFAULTS.threshold, floor ?? 0);
        expect(barOf(request, undefined)).toMatchObject({ similarityMin: strict });
        const { similarityMin, verified } = barOf(request, verifier(0.9));
        expect(verified?.similarityWithout).toBe(strict);
        expect(similarityMin).toBeGreaterThanOrEqual(floor ?? 0);
      }),
    );
  });
});
