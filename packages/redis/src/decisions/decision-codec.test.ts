import { expect, test } from '@jest/globals';
import type { EntryId, Fingerprint } from '@nearhit/core';
import { sampleDecision } from '@nearhit/core/conformance/decision-log';
import { pack, unpack } from 'msgpackr';
import { decodeDecision, encodeDecision } from './decision-codec.ts';

const OUTCOME_AT = 5;

test('reads what a newer version wrote behind the fields known here', () => {
  const values = unpack(encodeDecision(sampleDecision())) as unknown[];
  expect(decodeDecision(pack([...values, 'new']))).toEqual(sampleDecision());
});

test('reads what an older version wrote, which knew fewer fields', () => {
  const values = unpack(encodeDecision(sampleDecision())) as unknown[];
  expect(decodeDecision(pack(values.slice(0, 22)))).toEqual(sampleDecision());
});

test('keeps who asked, who answered, and what was tried', () => {
  const attempt = { provider: 'a', model: 'x', outcome: 'status-429', status: 429, startedAtMs: 1, latencyMs: 2.5 };
  const decision = sampleDecision({
    ...{ id: 'call-1', endpoint: 'messages', keyId: 'key_1', upstreamModel: 'x', attempts: 2, shared: true },
    cachedPromptTokens: 3,
    ...{ fingerprint: 'f'.repeat(64) as Fingerprint, score: 0.97, scorer: 'v1', queryKey: 'a'.repeat(64) },
    candidate: { entryId: 'e'.repeat(64) as EntryId, query: 'q', key: 'b'.repeat(64) },
    stage: 'identity',
    route: {
      policy: 'balanced',
      ranked: [{ provider: 'a', model: 'x', score: 0.25, why: 'cheap' }],
      attempts: [attempt],
    },
  });
  expect(decodeDecision(encodeDecision(decision))).toEqual(decision);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['no MessagePack', Buffer.from([0xc1])],
  ['more than one value', Buffer.concat([encodeDecision(sampleDecision()), Buffer.from([1])])],
  ['a cut record', encodeDecision(sampleDecision()).subarray(0, 40)],
  ['something else', pack({ requestId: 'r' })],
  ['an unknown outcome', pack((unpack(encodeDecision(sampleDecision())) as unknown[]).with(OUTCOME_AT, 'other'))],
  ['no number', encodeDecision(sampleDecision({ latencyMs: Number.NaN }))],
  ['half a candidate', encodeDecision(sampleDecision({ candidate: { entryId: 'e' } as never }))],
])('%s is no decision', (_, bytes) => {
  expect(decodeDecision(bytes)).toBeUndefined();
});
