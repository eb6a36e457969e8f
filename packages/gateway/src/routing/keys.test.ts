import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ONCE, RETRY } from '../conformance/config.ts';
import { answering, failing } from '../conformance/openai-origin.ts';
import type { OriginScript } from '../conformance/origin.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

describe('keys', () => {
  const keys = { apiKeys: ['key-number-1', 'key-number-2', 'key-number-3'] };
  const keysAsked = () =>
    room
      .origin('a')
      .calls.splice(0)
      .map(({ headers }) => headers.authorization?.slice(-1))
      .join('');
  const limiting = (limited: string, headers: Record<string, string>, status = 429): OriginScript => {
    return (call, response, index) =>
      (limited.includes(call.headers.authorization?.slice(-1) ?? '') ? failing(status, headers) : answering)(
        call,
        response,
        index,
      );
  };

  test('a limited one: another at once, and it stays out until its time has come', async () => {
    await open({ origins: 2, provider: keys, config: { retry: RETRY } });
    room.script('a', limiting('2', { 'retry-after': '20' }));
    for (const { head } of await room.askTimes(6)) expect(head?.provider).toBe('a');
    expect(keysAsked()).toBe('2313131');
    room.skip(20_001);
    room.script('a', answering);
    await room.askTimes(3);
    expect(keysAsked()).toContain('2');
  });

  test('all limited: the next target, and this one again when the first comes free', async () => {
    await open({ origins: 2, provider: keys, config: { retry: RETRY } });
    room.script('a', limiting('123', { 'retry-after': '20' }));
    expect((await room.ask()).head?.provider).toBe('b');
    expect(room.takeAsked()).toBe('aaab');
    expect((await room.ask()).head?.provider).toBe('b');
    expect(room.takeAsked()).toBe('b');
    expect(room.route?.ranked.at(-1)?.why).toBe('its keys are limited');
    room.skip(20_001);
    room.script('a', answering);
    expect((await room.ask()).head?.provider).toBe('a');
  });

  test('all limited and nobody else: it is asked, and says itself when to come again', async () => {
    await open({ origins: 1, provider: keys, config: { retry: ONCE } });
    room.script('a', limiting('123', { 'retry-after': '20' }));
    await room.askTimes(3);
    const heard = await room.ask();
    expect(heard.head).toMatchObject({ status: 429, headers: { 'retry-after': '20' } });
  });

  test('a refused one is out, with an alarm, and back after a while or when it works', async () => {
    await open({ origins: 2, provider: keys, config: { retry: RETRY } });
    room.script('a', limiting('2', {}, 401));
    for (const { head } of await room.askTimes(6)) expect(head?.provider).toBe('a');
    expect(keysAsked()).toBe('2313131');
    expect(room.alarms).toEqual(['Provider a: key ...-2 was refused (401); others are asked while there are any.']);
    expect(room.upstream.providers()[0]?.alarms).toEqual(['key ...-2 was refused (401)']);
    room.skip(30_001);
    room.script('a', answering);
    await room.askTimes(3);
    expect(keysAsked()).toContain('2');
    expect(room.upstream.providers()[0]?.alarms).toEqual([]);
  });

  test('all refused: the next target, one alarm each, and nothing of it reaches a client', async () => {
    await open({ origins: 2, provider: keys, config: { retry: { ...RETRY, attemptsMax: 5 } } });
    room.script('a', failing(401));
    for (const { head } of await room.askTimes(5)) expect(head).toMatchObject({ status: 200, provider: 'b' });
    expect(room.takeAsked()).toBe('aaabbbbb');
    expect(room.alarms).toHaveLength(3);
    expect(room.alarms.join()).not.toContain('key-number');
    room.upstream.reconfigure(room.config);
    room.script('a', answering);
    expect((await room.ask()).head?.provider).toBe('a');
  });

  test('403 is about the model: the key is good for others', async () => {
    const models = ['m', 'n'].map((id) => ({
      ...{ id, aliases: [] },
      targets: [
        { provider: 'a', model: `${id}-a` },
        { provider: 'b', model: `${id}-b` },
      ],
    }));
    await open({ origins: 2, models });
    room.script('a', failing(403));
    for (const { head } of await room.askTimes(2)) expect(head?.provider).toBe('b');
    expect(room.takeAsked()).toBe('abb');
    expect(room.alarms).toEqual([
      'Provider a: model m-a was refused to key ...-a (403); others are asked while there are any.',
    ]);
    expect(room.upstream.providers()[0]?.alarms).toEqual(['model m-a was refused to key ...-a (403)']);
    room.script('a', answering);
    expect((await room.ask({ model: 'n' })).head?.provider).toBe('a');
    expect((await room.ask()).head?.provider).toBe('b');
    room.skip(30_001);
    expect((await room.ask()).head?.provider).toBe('a');
    expect(room.upstream.providers()[0]?.alarms).toEqual([]);
  });

  test.each([
    [401, 'Incorrect API key provided: key-of-*****of-a. Find yours ...'],
    [402, 'The key key-of-a has no credit'],
    [403, 'Your api key: ****of-a may not use this'],
  ])('%i and nobody else to ask: the client hears it, but nothing of the key', async (status, message) => {
    await open({ origins: 1 });
    room.script('a', (_call, response) => {
      const body = JSON.stringify({ error: { message, code: 'theirs' } });
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
      response.write(body.slice(0, 30), () => setImmediate(() => response.end(body.slice(30))));
    });
    for (let n = 0; n < 2; n++) {
      const heard = await room.ask();
      expect(heard.head).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
      expect(heard.head?.headers).not.toHaveProperty('content-length');
      expect(heard.text()).toContain('"code":"theirs"');
      expect(heard.text()).not.toMatch(/key-of|of-a/);
    }
    expect(room.alarms).toHaveLength(1);
  });

  test('what can not be read of it is told in our own words', async () => {
    await open({ origins: 1 });
    room.script('a', (_call, response) => {
      response.writeHead(401, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
      response.end(gzipSync('key-of-a is wrong'));
    });
    const heard = await room.ask();
    expect(heard.head?.headers).not.toHaveProperty('content-encoding');
    expect(JSON.parse(heard.text())).toMatchObject({ error: { code: 'upstream_refused' } });
  });
});
