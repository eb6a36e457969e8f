import { afterEach, describe, expect, test } from '@jest/globals';
import { ONCE, TIMEOUTS } from '../conformance/config.ts';
import { CHUNK, held } from '../conformance/openai-origin.ts';
import type { OriginScript } from '../conformance/origin.ts';
import { until } from '../conformance/recorder.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

describe('places', () => {
  test('first come, first served; batches behind all others and on half of the places', async () => {
    await open({ origins: 1, provider: { concurrencyMax: 2 } });
    const gate = held();
    room.script('a', gate.script);
    const order: string[] = [];
    const ask = (name: string, priority: 'live' | 'batch') => {
      const heard = room.start({ body: Buffer.from(JSON.stringify({ name })), priority });
      return heard.done.then(() => order.push(name));
    };
    const batches = [ask('b1', 'batch'), ask('b2', 'batch'), ask('b3', 'batch')];
    await until(() => room.asked.length === 1, 'one batch call is asked');
    const live = ['l1', 'l2', 'l3', 'l4'].map((name) => ask(name, 'live'));
    await until(() => room.asked.length === 2, 'one live call beside it');
    const running = new Set([gate]);
    while (order.length < 7) {
      for (const each of running) each.release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([...batches, ...live]);
    const names = room.origin('a').calls.map(({ body }) => JSON.parse(body.toString()).name);
    expect(names.slice(0, 2)).toEqual(['b1', 'l1']);
    expect(names.filter((name) => name.startsWith('l'))).toEqual(['l1', 'l2', 'l3', 'l4']);
    expect(names.filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    expect(names.indexOf('b2')).toBeGreaterThan(names.indexOf('l3'));
  });

  test('who waits too long goes elsewhere; with nobody else it is told so', async () => {
    const timeoutsMs = { ...TIMEOUTS, connect: 50, firstByte: 100 };
    await open({ origins: 2, provider: { concurrencyMax: 1, timeoutsMs }, config: { retry: ONCE } });
    const streaming: OriginScript = (_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(CHUNK);
    };
    room.script('a', streaming);
    const first = room.start({ stream: true });
    await until(() => first.events.length === 2, 'the place is taken');
    const second = await room.ask();
    expect(second.head).toMatchObject({ provider: 'b', attempts: 1 });
    expect(room.route?.attempts.map(({ outcome }) => outcome)).toEqual(['busy', 'ok']);
    room.script('b', streaming);
    const third = room.start({ stream: true });
    await until(() => third.events.length === 2, 'the other place is taken');
    expect((await room.ask()).error).toMatchObject({ kind: 'UPSTREAM_BUSY' });
    expect(room.target('a')).toMatchObject({ breaker: 'closed' });
    first.flow.abort();
    third.flow.abort();
  });

  test('aborted while it waits: its turn passes to the next', async () => {
    await open({ origins: 1, provider: { concurrencyMax: 1 } });
    const gate = held();
    room.script('a', gate.script);
    const first = room.start();
    const [second, third] = [room.start(), room.start()];
    await until(() => room.asked.length === 1, 'the first is asked');
    second.flow.abort();
    gate.release();
    await first.done;
    await until(() => room.asked.length === 2, 'the third is asked');
    gate.release();
    await third.done;
    expect(second.events).toEqual([]);
    expect(room.asked).toHaveLength(2);
  });
});
