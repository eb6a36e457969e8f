import { describe, expect, test } from '@jest/globals';
import { createMemoryStore } from '../store/memory-store.ts';
import { POLICY_DEFAULTS, policySchema } from './schema.ts';
import { PolicyService } from './service.ts';

const FILE = {
  default: { threshold: 0.91, ttlSeconds: 100 },
  namespaces: { support: { threshold: 0.93, models: { 'gpt-4o': { ttlSeconds: 3600 } } } },
};

async function service(file = {}) {
  const store = createMemoryStore().policies;
  const policies = new PolicyService(store, file);
  await policies.load();
  return { store, policies };
}

describe('PolicyService', () => {
  test('the defaults', async () => {
    const { policies } = await service();
    expect(policies.resolve('any', 'm').policy).toEqual(POLICY_DEFAULTS);
    expect(POLICY_DEFAULTS).toMatchObject({ threshold: 0.9, guard: 'standard', ttlSeconds: 86_400 });
    expect(policySchema.parse(POLICY_DEFAULTS)).toEqual(POLICY_DEFAULTS);
  });

  test('field by field, the nearest one given wins', async () => {
    const { policies } = await service(FILE);
    expect(policies.resolve('support', 'gpt-4o').policy).toMatchObject({
      threshold: 0.93,
      ttlSeconds: 3600,
      guard: 'standard',
    });
    expect(policies.resolve('support', 'other').policy).toMatchObject({ threshold: 0.93, ttlSeconds: 100 });
    expect(policies.resolve('else').policy).toMatchObject({ threshold: 0.91, ttlSeconds: 100 });
    expect(policies.resolve('support', 'gpt-4o').origin).toMatchObject({
      threshold: 'file:support',
      ttlSeconds: 'file:support/gpt-4o',
      guard: 'built-in',
    });
  });

  test("a model's policy in the default namespace is the root for that model, below a namespace's own", async () => {
    const { policies } = await service(FILE);
    await policies.put('default', 'gpt-4o', { threshold: 0.8, guard: 'strict' });
    expect(policies.resolve('else', 'gpt-4o').policy).toMatchObject({ threshold: 0.8, guard: 'strict' });
    expect(policies.resolve('support', 'gpt-4o').policy).toMatchObject({ threshold: 0.93, guard: 'strict' });
  });

  test("the admin API's changes win over the file at their level, and can be taken back", async () => {
    const { policies, store } = await service(FILE);
    const before = policies.version;
    await policies.patch('support', undefined, { threshold: 0.95 });
    await policies.patch('support', undefined, { guard: 'off' });
    expect(policies.resolve('support').policy).toMatchObject({ threshold: 0.95, guard: 'off' });
    expect(policies.version).toBeGreaterThan(before);
    expect(policies.own('support')).toEqual({ threshold: 0.95, guard: 'off' });

    policies.useFile({ namespaces: { support: { threshold: 0.5 } } });
    expect(policies.resolve('support').policy.threshold).toBe(0.95);
    const restarted = new PolicyService(store, FILE);
    await restarted.load();
    expect(restarted.resolve('support').policy).toMatchObject({ threshold: 0.95, guard: 'off' });

    await policies.patch('support', undefined, { threshold: null });
    expect(policies.resolve('support').policy).toMatchObject({ threshold: 0.5, guard: 'off' });
    expect(await policies.delete('support')).toBe(true);
    expect(await policies.delete('support')).toBe(false);
    expect(policies.resolve('support').policy.guard).toBe('standard');
  });

  test('put replaces, and refuses what is no policy', async () => {
    const { policies } = await service();
    await policies.put('a', undefined, { threshold: 0.5, guard: 'off' });
    await policies.put('a', undefined, { threshold: 0.6 });
    expect(policies.own('a')).toEqual({ threshold: 0.6 });
    for (const wrong of [{ threshold: 2 }, { nothing: 1 }, { threshold: Number.NaN }]) {
      await expect(policies.put('a', undefined, wrong as object)).rejects.toThrow();
    }
    expect(policies.own('a')).toEqual({ threshold: 0.6 });
  });

  test('of two patches at once, neither is lost', async () => {
    const { policies } = await service();
    await Promise.all([
      policies.patch('a', undefined, { threshold: 0.7 }),
      expect(policies.patch('a', undefined, { threshold: 7 })).rejects.toThrow(),
      policies.patch('a', undefined, { ttlSeconds: 60 }),
    ]);
    expect(policies.own('a')).toEqual({ threshold: 0.7, ttlSeconds: 60 });
  });

  test('a change by somebody else is noticed', async () => {
    const { policies, store } = await service();
    const before = policies.version;
    await store.put({ namespace: 'a', patch: { threshold: 0.7 } });
    while (policies.version === before) await new Promise(setImmediate);
    expect(policies.resolve('a').policy.threshold).toBe(0.7);
    policies.close();
  });

  test('namespaces that nobody configured do not pile up', async () => {
    const { policies } = await service();
    for (let at = 0; at < 25_000; at++) policies.resolve(`n${at}`);
    expect(policies.list()).toEqual([{ namespace: 'default', patch: {} }]);
  });
});
