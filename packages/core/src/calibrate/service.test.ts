import { describe, expect, test } from '@jest/globals';
import { sampleLabel } from '../conformance/sample-store.conformance.ts';
import { PolicyService } from '../policy/service.ts';
import { type LabelledSample, SAMPLE_BOUNDS } from '../ports/sample-store.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { CalibrationPrior } from './prior.ts';
import { errorBoundsOf, reportOf } from './report.ts';
import { Calibration } from './service.ts';

const scope = { tenant: 'default', namespace: 'n', model: 'm' };
const PRIOR: CalibrationPrior = {
  scorer: 'v1',
  version: 'v1-2026',
  bins: [
    { scoreMin: 0.9, pairs: 5000, wrong: 5 },
    { scoreMin: 0.8, pairs: 5000, wrong: 20 },
    { scoreMin: 0.7, pairs: 5000, wrong: 500 },
  ],
};
const budget = { maxErrorRate: 0.01 };
const labels = (count: number, changes: Partial<LabelledSample>, name = 'l') =>
  Array.from({ length: count }, (_, n) =>
    sampleLabel(n, { ...scope, scorer: 'v1', score: 0.85, right: true, ...changes, id: `${name}:${n}` }),
  );

function house(prior: CalibrationPrior | undefined = PRIOR) {
  const stores = createMemoryStore();
  const incidents: { name: string; detail: unknown }[] = [];
  const observer = { incident: (name: string, detail?: unknown) => void incidents.push({ name, detail }) };
  const calibration = new Calibration({ store: stores.samples, prior, observer });
  const bar = (of = scope) => calibration.calibrationFor(of, budget)?.bar;
  return { stores, incidents, calibration, bar, policies: new PolicyService(stores.policies) };
}

describe('what is in force', () => {
  test('is nothing where no budget is set', () => {
    expect(house().calibration.calibrationFor(scope, {})).toBeUndefined();
  });

  test('begins with the prior, is found once, and anew after new labels', async () => {
    const { calibration, bar } = house();
    expect(bar()).toBe(0.8);
    const found = calibration.calibrationFor(scope, budget);
    expect(calibration.calibrationFor(scope, budget)).toBe(found);
    await calibration.append(labels(20, { right: false }));
    expect(calibration.calibrationFor(scope, budget)).toMatchObject({
      bar: 0.9,
      origin: 'prior',
      samples: { scope: 0 },
    });
    await calibration.append(labels(3000, {}, 'right'));
    expect(calibration.calibrationFor(scope, budget)).toMatchObject({ bar: 0.8, origin: 'scope' });
  });

  test('an alert is told once for each time that the budget turns out not to be kept', async () => {
    const { calibration, incidents, bar } = house();
    expect(bar()).toBe(0.8);
    await calibration.append(labels(1, {}, 'fine'));
    expect(incidents).toEqual([]);
    await calibration.append(labels(20, { right: false }));
    expect(incidents).toMatchObject([
      {
        name: 'error-budget-exceeded',
        detail: { namespace: 'n', model: 'm', maxErrorRate: 0.01, barBefore: 0.8, bar: 0.9 },
      },
    ]);
    const [{ detail }] = incidents as unknown as [{ detail: { bound95: number } }];
    expect(detail.bound95).toBeGreaterThan(0.01);
    await calibration.append(labels(5, { right: false, score: 0.75 }, 'below'));
    bar();
    expect(incidents).toHaveLength(1);
    await calibration.append(labels(40, { right: false, score: 0.95 }, 'above'));
    expect(incidents[1]).toMatchObject({ detail: { barBefore: 0.9, bar: null } });
    expect(bar()).toBeUndefined();
  });

  test('what other processes have stored is heard of, and a start finds all of it', async () => {
    const { stores, calibration, bar } = house();
    const other = new Calibration({ store: stores.samples, prior: PRIOR });
    await other.append(labels(20, { right: false }));
    expect(bar()).toBe(0.8);
    await calibration.refresh();
    expect(bar()).toBe(0.9);
    await calibration.refresh();
    expect([...calibration.samples()]).toHaveLength(20);
    const later = new Calibration({ store: stores.samples, prior: PRIOR });
    await later.load();
    await later.load();
    expect(later.calibrationFor(scope, budget)).toEqual(calibration.calibrationFor(scope, budget));
  });

  test('the oldest labels of a scope stop counting where its store lets them go', async () => {
    const { stores, calibration } = house();
    await calibration.append(labels(50, { right: false }, 'old'));
    await calibration.append(labels(SAMPLE_BOUNDS.perScopeMax, {}, 'new'));
    const anew = new Calibration({ store: stores.samples, prior: PRIOR });
    await anew.load();
    expect(calibration.calibrationFor(scope, budget)).toEqual(anew.calibrationFor(scope, budget));
    expect([...calibration.samples()].filter(({ right }) => !right)).toEqual([]);
  });

  test('a store that is away leaves in force what is known', async () => {
    const { stores, calibration, bar } = house();
    await calibration.append(labels(20, { right: false }));
    Object.assign(stores.samples, { read: () => Promise.reject(new Error('away')) });
    await expect(calibration.load()).rejects.toThrow('away');
    await expect(calibration.refresh()).rejects.toThrow('away');
    expect(bar()).toBe(0.9);
  });

  test.each([
    ['no bins', []],
    ['more wrong ones than pairs', [{ scoreMin: 0.5, pairs: 1, wrong: 2 }]],
    ['no number', [{ scoreMin: Number.NaN, pairs: 1, wrong: 0 }]],
    ['one bar twice', [0, 1].map(() => ({ scoreMin: 0.5, pairs: 1, wrong: 0 }))],
  ])('a prior with %s is refused', (_, bins) => {
    expect(() => house({ ...PRIOR, bins })).toThrow(TypeError);
  });
});

describe('the report', () => {
  test('tells what each threshold would have meant, what is in force, and why', async () => {
    const { calibration, policies } = house();
    await policies.put('n', undefined, budget);
    await calibration.append([
      ...labels(90, { score: 0.95, similarity: 0.97, source: 'shadow', served: false, savedUsd: 0.5 }, 'a'),
      ...labels(10, { score: 0.85, similarity: 0.91, right: false }, 'b'),
      ...labels(7, { score: 0.85, similarity: 0.91, source: 'feedback' }, 'people'),
      ...labels(5, { namespace: 'other', right: false }, 'elsewhere'),
    ]);
    const report = reportOf(calibration, policies, { namespace: 'n' });
    expect(report).toMatchObject({ scorer: 'v1', priorVersion: 'v1-2026' });
    expect(report.samples).toMatchObject({ audit: { right: 0, wrong: 10 }, shadow: { right: 90, wrong: 0 } });
    expect(report.byScore.map(({ threshold }) => threshold)).toEqual([0.7, 0.8, 0.9]);
    expect(report.byScore[2]).toMatchObject({ samples: 90, wrong: 0, hitRate: 0.9, estimate: 0, savedUsd: 45 });
    // Right ones that people tell of dilute nothing.
    expect(report.byScore[1]).toMatchObject({ samples: 100, wrong: 10, hitRate: 1, estimate: 0.1 });
    expect(report.byScore[1]?.low).toBeCloseTo(0.049, 3);
    expect(report.byScore[1]?.high).toBeCloseTo(0.1762, 3);
    expect(report.byCosine.find(({ threshold }) => threshold === 0.95)).toMatchObject({ samples: 90, wrong: 0 });
    expect(report.byCosine.at(-1)).toMatchObject({ samples: 0, estimate: null, low: 0, high: 1 });
    expect(report.inForce).toMatchObject([
      { ...scope, maxErrorRate: 0.01, calibration: { bar: 0.9, origin: 'scope' } },
    ]);
    expect(report.inForce[0]?.why).toContain('budget 1.00 %');
    expect(reportOf(calibration, policies, { namespace: 'other' }).inForce[0]).toMatchObject({
      ...{ maxErrorRate: null, calibration: null, why: expect.stringContaining('no error budget is set') },
    });
    expect(reportOf(calibration, policies, { namespace: 'never', model: 'm' }).inForce).toHaveLength(1);
  });

  test('bounds are told by namespace and model, of several tenants the worst', async () => {
    const { calibration } = house();
    await calibration.append(labels(2, { right: false, tenant: 'careless', score: 0.95, source: 'feedback' }));
    for (const tenant of ['default', 'careless'])
      calibration.calibrationFor({ ...scope, tenant }, { maxErrorRate: 0.02 });
    const worst = calibration.calibrationFor({ ...scope, tenant: 'careless' }, { maxErrorRate: 0.02 })?.bound95;
    const place = { namespace: 'n', model: 'm', bound95: worst, maxErrorRate: 0.02 };
    expect(errorBoundsOf(calibration)).toEqual([place]);
  });
});
