import { afterEach, describe, expect, test } from '@jest/globals';
import { failing, held, silent } from '../conformance/openai-origin.ts';
import { until } from '../conformance/recorder.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

describe('hedging', () => {
  const hedged = { origins: 2, model: { hedgeAfterMs: 50 } };

  test('no first byte in time: the second target is asked, the first head wins, the loser is aborted', async () => {
    await open(hedged);
    room.script('a', silent);
    const heard = await room.ask();
    expect(heard.events).toEqual(['head', 'data', 'end']);
    expect(heard.head).toMatchObject({ provider: 'b', attempts: 2 });
    await until(() => room.origin('a').cut() === 1, 'the loser is aborted');
    expect(room.route?.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
      ['a', 'hedged'],
      ['b', 'ok'],
    ]);
    expect(room.upstream.providers()).toMatchObject([
      { requests: 1, errors: 0, inFlight: 0 },
      { requests: 1, errors: 0, inFlight: 0 },
    ]);
  });

  test('the first may still win', async () => {
    await open(hedged);
    const gate = held();
    room.script('a', gate.script);
    room.script('b', silent);
    const heard = room.start();
    await until(() => room.origin('b').calls.length === 1, 'the second is asked');
    gate.release();
    await heard.done;
    expect(heard.head).toMatchObject({ provider: 'a', attempts: 2 });
    await until(() => room.origin('b').cut() === 1, 'the loser is aborted');
  });

  test('one of the two fails: the other is waited for; both fail: the next', async () => {
    await open({ ...hedged, origins: 3 });
    const gates = { a: held(), b: held() };
    room.script('a', gates.a.script);
    room.script('b', failing(500));
    const heard = room.start();
    await until(() => room.upstream.providers()[1]?.errors === 1, 'the second has failed');
    gates.a.release();
    await heard.done;
    expect(heard.head?.provider).toBe('a');
    expect(room.takeAsked()).toBe('ab');
    room.script('a', (call) => setTimeout(() => call.socket.destroy(), 150));
    expect((await room.ask()).head?.provider).toBe('c');
    expect(room.takeAsked()).toBe('abc');
  });

  test('quick enough, or with nobody else: one call', async () => {
    await open({ origins: 2, model: { hedgeAfterMs: 5_000 } });
    await room.ask();
    expect(room.takeAsked()).toBe('a');
    await room.close();
    await open({ ...hedged, origins: 1 });
    const gate = held();
    room.script('a', gate.script);
    const heard = room.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    gate.release();
    expect((await heard.done).head?.attempts).toBe(1);
  });

  test('aborted: both are', async () => {
    await open(hedged);
    for (const name of 'ab') room.script(name, silent);
    const heard = room.start();
    await until(() => room.asked.length === 2, 'both are asked');
    heard.flow.abort();
    await until(() => room.origin('a').cut() + room.origin('b').cut() === 2, 'both are aborted');
    expect(heard.events).toEqual([]);
  });
});
