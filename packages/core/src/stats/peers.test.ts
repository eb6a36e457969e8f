import { expect, test } from '@jest/globals';
import { lateBucket } from './late-mark.ts';
import { PeerTallies } from './peers.ts';

test('a mark that is read before the minute it speaks of keeps that minute open', async () => {
  const peers = new PeerTallies();
  await peers.rebuild([], 100);
  for (const minute of [101, 102, 103, 104]) expect(peers.refresh([], minute)).toBe(true);
  expect(peers.sinceMinute(104)).toBe(102);

  const mark = { ...lateBucket(105, { serial: 1, sinceMinute: 102 }), writer: 'w' };
  expect(peers.refresh([mark], 105)).toBe(true);
  expect(peers.sinceMinute(105)).toBe(102);
  const late = { minute: 102, namespace: 'n', model: 'm', counts: { requests: 3 }, latency: {}, writer: 'w' };
  expect(peers.refresh([late, mark], 105)).toBe(true);
  expect(peers.sinceMinute(105)).toBe(103);
  expect(peers.sum(60, {}, 105).counts.get('requests')).toBe(3);
});
