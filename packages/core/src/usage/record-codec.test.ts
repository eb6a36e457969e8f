import { describe, expect, test } from '@jest/globals';
import type { UsageRecord } from '../ports/usage-store.ts';
import { usageRecordFrom, usageTuple } from './record-codec.ts';

/** No two fields alike. */
const whole: UsageRecord = {
  id: 'id',
  requestId: 'request',
  atMs: 1,
  tenant: 'tenant',
  keyId: 'key',
  namespace: 'namespace',
  endpoint: 'messages',
  model: 'model',
  provider: 'provider',
  upstreamModel: 'upstream',
  attempts: 2,
  outcome: 'hit',
  layer: 'semantic',
  reason: 'reason',
  status: 3,
  promptTokens: 4,
  cachedPromptTokens: 5,
  completionTokens: 6,
  costUsd: 7,
  estimated: true,
  savedUsd: 8,
  savedTokens: 9,
  latencyMs: 10,
  firstByteMs: 11,
  overheadMs: 12,
  query: 'query',
};
const { layer, reason, estimated, query, ...least } = whole;

describe('a usage record as it is written', () => {
  test.each([
    ['with all that may be there', whole],
    ['without what need not be', least],
  ])('%s comes back field by field', (_, record) => {
    expect(usageRecordFrom(JSON.parse(JSON.stringify(usageTuple(record))))).toEqual(record);
  });

  test('has its fields in the order of earlier versions', () => {
    expect(usageTuple(whole)).toEqual(Object.values(whole));
  });

  test.each([
    ['nothing', undefined],
    ['a number where a text belongs', usageTuple({ ...whole, tenant: 1 as never })],
    ['too few fields', usageTuple(whole).slice(0, 10)],
  ])('%s is none', (_, tuple) => {
    expect(usageRecordFrom(tuple)).toBeUndefined();
  });
});
