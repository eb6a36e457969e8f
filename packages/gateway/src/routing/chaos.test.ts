import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OriginScript } from '../conformance/origin.ts';
import { chatCall, record } from '../conformance/recorder.ts';
import { Room } from '../conformance/room.ts';

/** mulberry32: the same run every time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const nameOf = (body: Buffer): string => JSON.parse(body.toString()).user;
const eventOf = (text: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`;

/** Says whose question it answers, so that an answer given twice or to another shows. */
const answer: OriginScript = ({ body }, response) => {
  const content = `for ${nameOf(body)}`;
  if (!JSON.parse(body.toString()).stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ index: 0, message: { content } }] }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(eventOf(content));
  setImmediate(() => response.end('data: [DONE]\n\n'));
};

const closed: OriginScript = ({ socket }) => socket.destroy();
const reset: OriginScript = ({ socket }) => socket.resetAndDestroy();
const FAULTS: readonly OriginScript[] = [
  (_call, response) => response.writeHead(429, { 'retry-after-ms': '5' }).end('{"error":{}}'),
  (_call, response) => response.writeHead(500).end('oops'),
  (_call, response) => response.writeHead(503, { 'content-type': 'application/json' }).end('{'),
  closed,
  reset,
  () => {},
  (_call, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(''),
  (_call, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"choices":[', () => response.destroy());
  },
];

let room: Room;
/** Kept-alive connections cut under a call: such a call may be sent again unasked. */
let cutWhileOld = 0;
const random = seeded(20_260);

beforeEach(async () => {
  const timeoutsMs = { connect: 2_000, firstByte: 500, idle: 2_000, total: 15_000 };
  room = await Room.open({
    provider: { timeoutsMs, apiKeys: ['key-1', 'key-2'] },
    config: { retry: { attemptsMax: 4, backoffMs: 5, backoffMsMax: 50 } },
    options: { random },
  });
  for (const name of 'abc') {
    room.script(name, (call, response, index) => {
      const fault = random() < 0.3 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
      if ((fault === closed || fault === reset) && call.ofConnection > 1) cutWhileOld++;
      (fault ?? answer)(call, response, index);
    });
  }
});
afterEach(() => room.close());

test('1,000 requests over three targets that fail 3 times in 10: each answered once, with its own answer', async () => {
  const total = 1_000;
  let next = 0;
  let answered = 0;
  const client = async () => {
    for (let id = next++; id < total; id = next++) {
      const stream = id % 2 === 0;
      const body = Buffer.from(JSON.stringify({ model: 'm', stream, user: `request ${id}` }));
      const heard = await record(room.upstream, chatCall({ model: 'm', body, stream }), {
        on: (event, flow) => {
          if (event !== 'data' || id % 7 !== 0) return;
          flow.pause();
          setImmediate(() => flow.resume());
        },
      }).done;
      if (heard.events.join() === 'head,data,end' && heard.head?.status === 200) answered++;
      // Two quotes around it: neither half of it nor twice.
      if (heard.head?.status === 200) expect(heard.text().split(`"for request ${id}"`)).toHaveLength(2);
    }
  };
  await Promise.all(Array.from({ length: 50 }, client));
  expect(answered).toBeGreaterThanOrEqual(total * 0.999);
  const calls = room.origins.reduce((sum, origin) => sum + origin.calls.length, 0);
  const providers = room.upstream.providers();
  const counted = providers.reduce((sum, { requests }) => sum + requests, 0);
  expect(counted).toBeLessThanOrEqual(calls);
  expect(counted + cutWhileOld).toBeGreaterThanOrEqual(calls);
  expect(providers.map(({ inFlight, targets }) => [inFlight, targets?.[0]?.inFlight])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
}, 60_000);
