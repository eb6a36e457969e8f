import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  asFollower,
  asLeader,
  JSON_FORM,
  okHead,
  SSE_FORM,
  TestCall,
  TestSink,
} from '@nearhit/core/conformance/shared-flights';
import { Redis } from 'ioredis';
import { RedisServer } from '../../testing/index.ts';
import { openProcess, type TestProcess, type TestProcessOptions, until } from './flights.samples.ts';

let server: RedisServer;
let prefix: string;
const opened: TestProcess[] = [];

beforeEach(async () => {
  prefix = `t-${randomUUID().slice(0, 8)}`;
  server = await RedisServer.start();
});
afterEach(async () => {
  server.signal('SIGCONT');
  await Promise.all(opened.splice(0).map((process) => process.close()));
  await server.close();
});

async function open(options?: TestProcessOptions): Promise<TestProcess> {
  const process = await openProcess(server.url, prefix, options);
  opened.push(process);
  return process;
}

async function led({ flights }: TestProcess, form = SSE_FORM, call = new TestCall()): Promise<TestCall> {
  asLeader(await flights.claim('k', form)).share(call.live);
  call.live.hold();
  return call;
}

async function followed({ flights }: TestProcess): Promise<TestSink> {
  return new TestSink(asFollower(await flights.claim('k', JSON_FORM)));
}

async function withRedis(...command: [string, ...(string | number)[]]): Promise<unknown> {
  const client = new Redis(server.port);
  try {
    return await client.call(...command);
  } finally {
    client.disconnect();
  }
}

describe('a leader that is lost without a word', () => {
  test.each([JSON_FORM, SSE_FORM])('is given up within 2 s, and the next claim leads (%j)', async (form) => {
    const [one, two, three] = [await open(), await open(), await open()];
    const call = await led(one, form);
    call.live.onHead(okHead());
    const sink = await (await followed(two)).until(({ heads }) => heads.length === 1);
    const lostAtMs = performance.now();
    one.cut();
    await sink.over();
    expect(sink.error).toMatchObject({ kind: 'UPSTREAM_UNREACHABLE' });
    asLeader(await two.flights.claim('k', form)).share(new TestCall().live);
    expect(performance.now() - lostAtMs).toBeLessThan(2000);
    asFollower(await three.flights.claim('k', form));
    expect(two.incidents).toContain('flight-leader-lost');
  });

  test('leaves a lease that lapses', async () => {
    const [one, two] = [await open({ leaseMs: 300, renewMs: 100, claimTimeoutMs: 2000 }), await open()];
    await led(one);
    asFollower(await two.flights.claim('k', JSON_FORM));
    one.cut();
    await until(async () => (await two.flights.claim('k', JSON_FORM)).role === 'leader');
  });
});

test('a lease stands for as long as the call runs', async () => {
  const quick = { leaseMs: 400, renewMs: 100, claimTimeoutMs: 2000 };
  const [one, two] = [await open(quick), await open(quick)];
  const call = await led(one);
  const sink = await followed(two);
  for (let waited = 0; waited < 10; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    asFollower(await two.flights.claim('k', JSON_FORM));
  }
  call.answer('slow');
  expect((await sink.over()).text).toBe('slow');
});

test('a follower that is lost without a word lets go of the call', async () => {
  const [one, two] = [await open({ renewMs: 50, claimTimeoutMs: 2000 }), await open()];
  const call = new TestCall();
  asLeader(await one.flights.claim('k', JSON_FORM)).share(call.live);
  const leave = call.live.hold();
  call.live.onHead(okHead());
  await (await followed(two)).until(({ heads }) => heads.length === 1);
  leave();
  expect(call.aborted).toBe(0);
  two.cut();
  await until(() => call.aborted === 1);
});

test('replies that are kept are bounded in bytes and in time', async () => {
  const [one, two] = [await open({ lingerBytesMax: 10_000, lingerMs: 60_000, claimTimeoutMs: 2000 }), await open()];
  const kept = async (key: string) => (await two.flights.claim(key, JSON_FORM)).role === 'follower';
  for (const key of ['old', 'new', 'large']) {
    const call = new TestCall();
    asLeader(await one.flights.claim(key, JSON_FORM)).share(call.live);
    call.answer(Buffer.alloc(key === 'large' ? 20_000 : 4000));
  }
  await until(async () => !(await kept('large')));
  expect(await kept('new')).toBe(true);
  expect(await kept('old')).toBe(false);
  const brief = new TestCall({ storedForMs: 100 });
  asLeader(await one.flights.claim('brief', JSON_FORM)).share(brief.live);
  brief.answer('x');
  await until(async () => !(await kept('brief')));
});

describe('Redis away', () => {
  test.each([
    ['stopped', () => server.kill()],
    ['a black hole', async () => server.signal('SIGSTOP')],
  ] as const)('%s: everyone leads alone, and at last without asking', async (_name, stop) => {
    const [one, two] = [await open({}), await open({})];
    await led(one);
    await stop();
    for (let n = 0; n < 3; n++) asLeader(await two.flights.claim('k', JSON_FORM)).share(new TestCall().live);
    await until(() => !two.flights.connected);
    const failed = two.incidents.filter((name) => name === 'flight-claim-failed').length;
    expect(failed).toBeGreaterThan(0);
    for (let n = 0; n < 100; n++) asLeader(await two.flights.claim('k', JSON_FORM));
    expect(two.incidents.filter((name) => name === 'flight-claim-failed')).toHaveLength(failed);
  });

  test('and back, empty: flights are shared again', async () => {
    const [one, two] = [await open(), await open()];
    await server.kill();
    await until(() => !one.flights.connected && !two.flights.connected);
    await server.run();
    await until(() => one.flights.connected && two.flights.connected);
    let call: TestCall | undefined;
    await until(async () => {
      call = await led(one);
      const claimed = await two.flights.claim('k', JSON_FORM);
      if (claimed.role === 'leader') return false;
      const sink = new TestSink(claimed);
      call.answer('again');
      return (await sink.over()).text === 'again';
    });
  });

  test('for a moment: a stream goes on where it broke off', async () => {
    const [one, two] = [await open(), await open()];
    const call = await led(one);
    call.live.onHead(okHead());
    const sink = await followed(two);
    const sent: string[] = [];
    const send = (text: string) => {
      sent.push(text);
      call.live.onData(Buffer.from(text));
    };
    send('one ');
    await sink.until(({ text }) => text === 'one ');
    await server.kill();
    send('two ');
    await until(() => !two.flights.connected);
    await server.run();
    send('three ');
    await until(() => sink.text === 'one two three ');
    send('four');
    call.live.onEnd();
    await sink.over();
    expect([sink.text, sink.heads.length, sink.ends, sink.error]).toEqual([sent.join(''), 1, 1, undefined]);
  });

  test('for a moment: whoever has nothing yet asks anew at once', async () => {
    const [one, two] = [await open(), await open()];
    await led(one, JSON_FORM);
    const sink = await followed(two);
    await server.kill();
    expect((await sink.over()).error?.kind).toBe('UPSTREAM_UNREACHABLE');
    asLeader(await two.flights.claim('k', JSON_FORM));
  });
});

test('messages lost on the way are sent again', async () => {
  const [one, two] = [await open(), await open()];
  const call = await led(one);
  call.live.onHead(okHead());
  call.live.onData(Buffer.from('one '));
  const sink = await (await followed(two)).until(({ text }) => text === 'one ');
  await withRedis('CLIENT', 'KILL', 'TYPE', 'pubsub');
  for (const piece of ['two ', 'three ']) call.live.onData(Buffer.from(piece));
  await until(() => sink.text === 'one two three ');
  call.live.onEnd();
  await sink.over();
  expect([sink.text, sink.ends]).toEqual(['one two three ', 1]);
});

test('nonsense on a channel harms nobody', async () => {
  const [one, two] = [await open(), await open()];
  const call = await led(one);
  const sink = await followed(two);
  const channels = (await withRedis('PUBSUB', 'CHANNELS', `${prefix}:*`)) as string[];
  expect(channels).toHaveLength(2);
  for (const channel of channels) await withRedis('PUBLISH', channel, 'nonsense');
  await until(() => two.incidents.includes('flight-message-failed'));
  call.answer('still');
  expect((await sink.over()).text).toBe('still');
});

test('a process that ends waits for those who follow it elsewhere, and no longer', async () => {
  const [one, two] = [await open(), await open()];
  await one.flights.drained(10_000);
  const call = await led(one, JSON_FORM);
  const sink = await followed(two);
  call.live.onHead(okHead());
  await sink.until(({ heads }) => heads.length === 1);
  await one.flights.drained(100);
  let drained = false;
  const draining = one.flights.drained(60_000).then(() => {
    drained = true;
  });
  expect(drained).toBe(false);
  call.live.onData(Buffer.from('{}'));
  call.live.onEnd();
  await draining;
  await sink.until(({ ends }) => ends === 1);
});
