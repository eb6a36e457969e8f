import { describe, expect, test } from '@jest/globals';
import type { KeyAnswer } from '@nearhit/http/admin-types';
import { fieldsOf, keyChanges, newKeyBody } from './key-body.ts';
import { tenantBodyOf, tenantFieldsOf } from './tenant-body.ts';

const KEY = {
  ...{ name: 'bot', tenant: 'acme', models: ['gpt-4o*', 'x'], namespaces: null, rpm: 60, tpm: null, concurrent: null },
  ...{ budgetUsdDay: 2.5, budgetUsdMonth: null, thresholdFloor: null, expiresAt: '2027-01-31T00:00:00.000Z' },
} as unknown as KeyAnswer;

describe('what a key form sends', () => {
  test('of a new key: only what was said', () => {
    const fields = { ...fieldsOf(undefined), name: ' bot ', models: 'a, b,', rpm: '60', budgetUsdDay: '0.5' };
    expect(newKeyBody(fields)).toEqual({ name: 'bot', models: ['a', 'b'], rpm: 60, budgetUsdDay: 0.5 });
  });

  test('of a changed one: only what changed, and null for what was emptied', () => {
    const before = fieldsOf(KEY);
    expect(before).toMatchObject({ models: 'gpt-4o*, x', rpm: '60', expiresAt: '2027-01-31', tpm: '' });
    expect(keyChanges(before, before)).toEqual({});
    expect(keyChanges(before, { ...before, rpm: '', tpm: '1000', models: '' })).toEqual({
      rpm: null,
      tpm: 1000,
      models: null,
    });
    expect(keyChanges(before, { ...before, name: 'other' })).toEqual({ name: 'other' });
  });

  test('of a tenant: every limit, null for none', () => {
    const fields = { ...tenantFieldsOf(undefined), rpm: '5' };
    expect(tenantBodyOf(fields)).toEqual({
      rpm: 5,
      tpm: null,
      concurrent: null,
      budgetUsdDay: null,
      budgetUsdMonth: null,
    });
  });
});
