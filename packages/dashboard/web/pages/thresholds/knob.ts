import type { CalibrationAnswer, PolicyAnswer } from '@nearhit/http/admin-types';

export const KNOBS = ['threshold', 'maxErrorRate'] as const;
export type Knob = (typeof KNOBS)[number];
export type Figures = CalibrationAnswer['byCosine'];

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const RANGES: Readonly<Record<Knob, Range>> = {
  threshold: { min: 0.7, max: 1, step: 0.005 },
  maxErrorRate: { min: 0.005, max: 0.2, step: 0.005 },
};

/** Where a knob stands before anybody set it. */
const STARTS: Readonly<Record<Knob, number>> = { threshold: 0.9, maxErrorRate: 0.05 };

/** What somebody set, at this level or above it; undefined where it is the built-in one, or none. */
export function chosen(policy: PolicyAnswer, knob: Knob): number | undefined {
  const origin = policy.origin[knob];
  return origin === undefined || origin === 'built-in' ? undefined : policy[knob];
}

export const startOf = (policy: PolicyAnswer, knob: Knob): number => policy[knob] ?? STARTS[knob];

/** The knob that is in use: the error budget where there is one. */
export const knobInUse = (policy: PolicyAnswer): Knob =>
  chosen(policy, 'maxErrorRate') === undefined ? 'threshold' : 'maxErrorRate';

/** The row at a threshold: the last one at or below it. Undefined where there are none. */
export function figureAt(figures: Figures, threshold: number): Figures[number] | undefined {
  return figures.findLast((row) => row.threshold <= threshold + 1e-9) ?? figures[0];
}

/** Where a curve has something to say: rows with samples. */
export const hasSamples = (figures: Figures): boolean => figures.some(({ samples }) => samples > 0);

/** Set over the admin plane at exactly this level: what is in the file can't be taken off here. */
export function isOwn({ namespace, model, origin }: PolicyAnswer, knob: Knob): boolean {
  return origin[knob] === `admin:${namespace}${model === null ? '' : `/${model}`}`;
}

/** What to send so that the policy becomes as it was: null where the level had nothing of its own. */
export function undoOf(policy: PolicyAnswer, knob: Knob): Record<string, number | null> {
  return { [knob]: isOwn(policy, knob) ? (policy[knob] ?? null) : null };
}

/** Back onto the steps of a slider, free of rounding noise. */
export function snapped(value: number, { min, max, step }: Range): number {
  const bounded = Math.min(max, Math.max(min, value));
  return Number((Math.round(bounded / step) * step).toFixed(4));
}
