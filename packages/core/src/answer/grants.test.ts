import { describe, expect, test } from '@jest/globals';
import { ANYONE, type Caller, type Grants } from '../caller.ts';
import { assertFeature, assertScope, mayUseModel, mergeRouting } from './grants.ts';

const caller = (grants: Grants): Caller => ({ ...ANYONE, grants });
const scope = { model: 'gpt-4o-mini', namespace: 'support' };

describe('grants', () => {
  test('a key that names nothing may do everything', () => {
    expect(() => assertScope(caller({}), scope)).not.toThrow();
    expect(() => assertFeature(caller({}), 'batches')).not.toThrow();
  });

  test.each<[Grants, string | null]>([
    [{ models: ['gpt-4o-mini'] }, null],
    [{ models: ['gpt-4o*'] }, null],
    [{ models: ['gpt-4o'] }, 'model'],
    [{ models: [] }, 'model'],
    [{ namespaces: ['support', 'sales'] }, null],
    [{ namespaces: ['sales'] }, 'namespace'],
  ])('%j', (grants, param) => {
    const check = () => assertScope(caller(grants), scope);
    if (param === null) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ kind: 'FORBIDDEN', param }));
  });

  test('a feature that is not among them', () => {
    expect(() => assertFeature(caller({ features: ['chat'] }), 'files')).toThrow(/may not use files.*'chat'/);
  });

  test('a star stands for what follows, and only at the end', () => {
    expect(mayUseModel(['*'], 'anything')).toBe(true);
    expect(mayUseModel(['claude-*'], 'claude')).toBe(false);
    expect(mayUseModel(['*-mini'], 'gpt-4o-mini')).toBe(false);
  });
});

test('a request may narrow what its key allows, and not widen it', () => {
  expect(
    mergeRouting({ policy: 'cost', maxCostUsd: 1 }, { policy: 'latency', maxCostUsd: 2, maxLatencyMs: 10 }),
  ).toEqual({
    policy: 'latency',
    maxCostUsd: 1,
    maxLatencyMs: 10,
  });
  expect(mergeRouting(undefined, { maxCostUsd: 2 })).toEqual({ maxCostUsd: 2 });
  expect(mergeRouting(undefined, undefined)).toBeUndefined();
});
