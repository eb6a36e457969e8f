import { afterEach, describe, expect, test } from '@jest/globals';
import { ONCE } from '../conformance/config.ts';
import { answering, failing } from '../conformance/openai-origin.ts';
import { choosing, target } from '../conformance/policy-room.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

describe('sticky', () => {
  const keys = Array.from({ length: 60 }, (_, i) => `prompt ${i}`);
  const homes = async () => {
    const found = new Map<string, string>();
    for (const stickyKey of keys) found.set(stickyKey, (await room.ask({ stickyKey })).head?.provider ?? '');
    return found;
  };

  test('equal keys go to one target, different ones are spread; when it is away only its own move', async () => {
    const targets = ['a', 'b', 'c'].map((name) => target(name));
    await open({
      ...choosing('weighted', targets, { sticky: true }),
      config: { breaker: { failures: 3, openMs: 60_000 }, retry: ONCE },
    });
    const before = await homes();
    expect(await homes()).toEqual(before);
    expect(new Set(before.values()).size).toBe(3);
    room.script('b', failing(500));
    for (const stickyKey of keys.filter((key) => before.get(key) === 'b').slice(0, 3)) await room.ask({ stickyKey });
    const without = await homes();
    for (const [key, home] of before) {
      if (home === 'b') expect(without.get(key)).not.toBe('b');
      else expect(without.get(key)).toBe(home);
    }
    room.script('b', answering);
    room.skip(60_001);
    await homes();
    expect(await homes()).toEqual(before);
  });

  test('by weight where the policy is; not at all for priority', async () => {
    const targets = [target('a', { weight: 9 }), target('b', { weight: 1 })];
    await open(choosing('weighted', targets, { sticky: true }));
    const atB = [...(await homes()).values()].filter((home) => home === 'b').length;
    expect(atB).toBeGreaterThan(0);
    expect(atB).toBeLessThan(18);
    await room.close();
    await open(choosing('priority', targets, { sticky: true }));
    expect(new Set((await homes()).values())).toEqual(new Set(['a']));
  });
});
