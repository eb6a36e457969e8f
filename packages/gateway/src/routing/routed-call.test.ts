import { afterEach, describe, expect, test } from '@jest/globals';
import { ONCE, RETRY } from '../conformance/config.ts';
import { COMPLETION, failing, silent } from '../conformance/openai-origin.ts';
import type { OriginScript } from '../conformance/origin.ts';
import { until } from '../conformance/recorder.ts';
import { Room, type RoomOptions } from '../conformance/room.ts';

let room: Room;
const open = async (options?: RoomOptions) => {
  room = await Room.open(options);
};
afterEach(() => room.close());

describe('the order of attempts', () => {
  test('each target once, at once, in the configured order; then another round, until each had attemptsMax', async () => {
    await open();
    for (const name of 'abc') room.script(name, failing(500));
    const heard = await room.ask();
    expect(room.takeAsked()).toBe('abcabcabc');
    expect(heard.events).toEqual(['head', 'data', 'end']);
    expect(heard.head).toMatchObject({ status: 500, provider: 'c', model: 'm-c', attempts: 9 });
    expect(room.route?.attempts.map(({ provider, outcome, status }) => [provider, outcome, status])).toEqual(
      Array.from({ length: 9 }, (_, i) => ['abc'[i % 3], 'status-500', 500]),
    );
  });

  test('the first that answers is taken, and nobody after it is asked', async () => {
    await open();
    room.script('a', failing(503));
    const heard = await room.ask();
    expect(room.takeAsked()).toBe('ab');
    expect(JSON.parse(heard.text())).toEqual(COMPLETION);
    expect(heard.head).toMatchObject({ provider: 'b', model: 'm-b', attempts: 2 });
    expect(room.origin('b').calls[0]?.headers.authorization).toBe('Bearer key-of-b');
    expect(JSON.parse(room.origin('b').calls[0]?.body.toString() ?? '').model).toBe('m-b');
    expect(room.route).toMatchObject({
      policy: 'priority',
      ranked: [{ provider: 'a' }, { provider: 'b' }, { provider: 'c' }],
      attempts: [
        { provider: 'a', model: 'm-a', outcome: 'status-503', status: 503 },
        { provider: 'b', outcome: 'ok', status: 200 },
      ],
    });
  });

  test('the targets of fallbacks after all of its own, theirs in turn behind them, nobody twice in a round', async () => {
    const target = (provider: string) => ({ provider, model: `m-${provider}` });
    await open({
      origins: 4,
      models: [
        { id: 'm', aliases: [], targets: [target('b'), target('a')], fallbacks: ['n', 'o'] },
        { id: 'n', aliases: ['en'], targets: [target('c'), target('b')], fallbacks: ['o'] },
        { id: 'o', aliases: [], targets: [target('d')] },
      ],
      config: { retry: ONCE },
    });
    for (const name of 'abcd') room.script(name, failing(500));
    await room.ask();
    expect(room.takeAsked()).toBe('bacd');
    expect(room.route?.ranked[2]?.why).toBe('fallback n');
  });

  test('streams and embeddings fail over as well', async () => {
    await open();
    room.script('a', failing(500));
    const streamed = await room.ask({ stream: true });
    expect(streamed.text()).toMatch(/\[DONE\]\n\n$/);
    expect((await room.ask({ path: '/embeddings' })).head?.provider).toBe('b');
    expect(room.takeAsked()).toBe('abab');
  });
});

describe('aborting', () => {
  const phases: [string, Partial<Record<'a' | 'b', OriginScript>>, (room: Room) => boolean][] = [
    ['before an answer', { a: silent }, () => room.origin('a').calls.length === 1],
    ['while the second target is asked', { a: failing(500), b: silent }, () => room.origin('b').calls.length === 1],
    [
      'while a JSON reply is held back',
      { a: (_call, response) => void response.writeHead(200).write('{"choices":') },
      () => room.origin('a').calls.length === 1,
    ],
  ];
  test.each(phases)('%s: silence, and the origin sees it', async (_name, scripts, ready) => {
    await open({ origins: 2 });
    for (const [name, script] of Object.entries(scripts)) room.script(name, script);
    const heard = room.start();
    await until(() => ready(room), 'the phase');
    const cut = room.origins.reduce((sum, origin) => sum + origin.cut(), 0);
    heard.flow.abort();
    await until(() => room.origins.reduce((sum, origin) => sum + origin.cut(), 0) === cut + 1, 'the origin sees it');
    expect(heard.events).toEqual([]);
    expect(room.upstream.providers().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  test('while it waits for the next round: silence, and nobody is asked any more', async () => {
    await open({ origins: 1, config: { retry: { ...RETRY, backoffMs: 50 } }, options: { random: () => 0.99 } });
    room.script('a', failing(500));
    const heard = room.start();
    await until(() => room.upstream.providers()[0]?.errors === 1, 'the first failure');
    heard.flow.abort();
    await room.upstream.close();
    expect(heard.events).toEqual([]);
    expect(room.takeAsked()).toBe('a');
  });

  test('paused before anything came, a whole JSON reply waits for resume, piece by piece', async () => {
    await open({ origins: 1 });
    const text = JSON.stringify(COMPLETION);
    room.script('a', (_call, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write(text.slice(0, 20));
      setTimeout(() => response.end(text.slice(20)), 20);
    });
    const heard = room.start({}, { on: (event, flow) => (event === 'head' || event === 'data') && flow.pause() });
    await until(() => heard.events.length === 1, 'the head');
    await until(() => room.upstream.providers()[0]?.inFlight === 0, 'the reply is whole');
    expect(heard.events).toEqual(['head']);
    heard.flow.resume();
    expect(heard.chunks).toHaveLength(1);
    heard.flow.resume();
    expect(heard.events).toEqual(['head', 'data', 'end']);
    expect(heard.text()).toBe(text);
  });
});
