import { describe, expect, test } from '@jest/globals';
import type { Decision } from '@nearhit/http/admin-types';
import type { ServerEvent } from '../../lib/sse.ts';
import { afterEvents, DECISIONS_MAX, type LiveState, NOTHING_YET, TICKS_MAX, withOlder } from './live-state.ts';

const event = (name: string, data: unknown): ServerEvent => ({
  event: name,
  data: JSON.stringify(data),
  id: undefined,
});
const decision = (id: number): Decision => ({ id: `d${id}`, requestId: 'r', atMs: id, query: 'q' }) as Decision;
const stats = (atMs: number, requests: number, recent = true) =>
  event('stats', { atMs, requests, recent: recent ? { seconds: 1, requests: 2 } : null });
const ids = ({ decisions }: LiveState) => decisions.map(({ id }) => id);

describe('what the events have told', () => {
  test('the newest figures and status count, and each second is kept', () => {
    const state = afterEvents(NOTHING_YET, [stats(1000, 5, false), event('status', { ready: true }), stats(2000, 7)]);
    expect(state.stats).toMatchObject({ atMs: 2000, requests: 7 });
    expect(state.status).toEqual({ ready: true });
    expect(state.ticks).toEqual([{ atMs: 2000, seconds: 1, figures: { requests: 2 } }]);
  });

  test('newest decisions first, each once, however they come', () => {
    const first = afterEvents(NOTHING_YET, [event('decision', decision(1)), event('decision', decision(2))]);
    expect(ids(first)).toEqual(['d2', 'd1']);
    expect(ids(afterEvents(first, [event('decision', decision(2)), event('decision', decision(3))]))).toEqual([
      'd3',
      'd2',
      'd1',
    ]);
    expect(ids(withOlder(first, [decision(2), decision(0)]))).toEqual(['d2', 'd1', 'd0']);
  });

  test('however much happens, no more is held than is shown', () => {
    const many = Array.from({ length: 5000 }, (_, at) => event('decision', decision(at)));
    const seconds = Array.from({ length: 1000 }, (_, at) => stats(at * 1000, at));
    const state = afterEvents(NOTHING_YET, [...many, ...seconds]);
    expect(state.decisions).toHaveLength(DECISIONS_MAX);
    expect(ids(state)[0]).toBe('d4999');
    expect(state.ticks).toHaveLength(TICKS_MAX);
    expect(state.ticks.at(-1)?.atMs).toBe(999_000);
  });

  test('what it does not know changes nothing', () => {
    expect(afterEvents(NOTHING_YET, [event('skipped', { decisions: 5 }), event('new', {})])).toEqual(NOTHING_YET);
  });
});
