import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { NearhitError } from '../errors.ts';
import type { SharedFlights } from '../ports/shared-flights.ts';
import {
  asFollower,
  asLeader,
  JSON_FORM,
  leadSoon,
  okHead,
  SSE_FORM,
  TestCall,
  TestSink,
} from './shared-flights.samples.ts';

export { asFollower, asLeader, JSON_FORM, okHead, SSE_FORM, TestCall, TestSink };

export interface SharingProcesses {
  /** Three processes that share their flights, each ready. */
  readonly processes: readonly [SharedFlights, SharedFlights, SharedFlights];
  close(): Promise<void>;
}

const text = (sink: TestSink) => sink.text;

export function sharedFlightsConformance(name: string, open: () => Promise<SharingProcesses>): void {
  describe(`SharedFlights: ${name}`, () => {
    let opened: SharingProcesses | undefined;
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });
    const start = async () => {
      opened = await open();
      return opened.processes;
    };
    const led = async (flights: SharedFlights, key = 'k', form = JSON_FORM, call = new TestCall()) => {
      asLeader(await flights.claim(key, form)).share(call.live);
      call.live.hold();
      return call;
    };
    const joined = async (flights: SharedFlights, key = 'k', form = JSON_FORM) =>
      new TestSink(asFollower(await flights.claim(key, form)));

    test('the first leads, the others get its reply in its form', async () => {
      const [one, two, three] = await start();
      const call = await led(one, 'k', SSE_FORM);
      const follow = asFollower(await two.claim('k', JSON_FORM));
      expect(follow.form).toEqual(SSE_FORM);
      expect(follow.ended ?? false).toBe(false);
      const sinks = [new TestSink(follow), await joined(three)];
      call.live.onHead(okHead());
      call.live.onData(Buffer.from('data: 1\n\n'));
      await Promise.all(sinks.map((sink) => sink.until(({ text }) => text === 'data: 1\n\n')));
      call.live.onData(Buffer.from('data: 2\n\n'));
      call.live.onEnd();
      for (const sink of sinks) {
        await sink.over();
        expect(sink.text).toBe('data: 1\n\ndata: 2\n\n');
        expect(sink.heads).toEqual([okHead()]);
        expect([sink.ends, sink.error]).toEqual([1, undefined]);
      }
      expect(call.aborted).toBe(0);
    });

    test('each key has a flight of its own, whatever it is', async () => {
      const [one, two] = await start();
      const keys = ['k', 'K', '', 'a:b', 'a b {c}', `é${'x'.repeat(5000)}`];
      const calls = await Promise.all(keys.map((key) => led(one, key)));
      const sinks = await Promise.all(keys.map((key) => joined(two, key)));
      for (const [at, call] of calls.entries()) call.answer(`answer ${at}`);
      await Promise.all(sinks.map((sink) => sink.over()));
      expect(sinks.map(text)).toEqual(keys.map((_, at) => `answer ${at}`));
    });

    test('of many at once exactly one leads', async () => {
      const processes = await start();
      const claims = await Promise.all(processes.map((flights) => flights.claim('k', JSON_FORM)));
      expect(claims.filter(({ role }) => role === 'leader')).toHaveLength(1);
      const call = new TestCall();
      const sinks = claims.flatMap((claimed) => (claimed.role === 'follower' ? [new TestSink(claimed)] : []));
      for (const claimed of claims) if (claimed.role === 'leader') claimed.share(call.live);
      call.answer('one');
      for (const sink of sinks) expect((await sink.over()).text).toBe('one');
    });

    test('who joins late gets all from the first byte, and then what comes', async () => {
      const [one, two] = await start();
      const call = await led(one);
      call.live.onHead(okHead());
      for (const chunk of ['a', 'b', 'c']) call.live.onData(Buffer.from(chunk));
      const sink = await joined(two);
      await sink.until(({ text }) => text === 'abc');
      call.live.onData(Buffer.from('d'));
      call.live.onEnd();
      expect((await sink.over()).text).toBe('abcd');
    });

    test('bytes of any kind, and many of them', async () => {
      const [one, two] = await start();
      const call = await led(one);
      const sink = await joined(two);
      const chunks = [Buffer.from([0, 255, 0xc3, 0x28]), randomBytes(1_000_000), Buffer.alloc(0), randomBytes(300_000)];
      call.answer(...chunks);
      await sink.over();
      expect(Buffer.concat(sink.chunks).equals(Buffer.concat(chunks))).toBe(true);
      const late = await (await joined(two)).over();
      expect(Buffer.concat(late.chunks).equals(Buffer.concat(chunks))).toBe(true);
    });

    test('a stored reply can be joined for a while after its end', async () => {
      const [one, two] = await start();
      (await led(one)).answer('kept');
      for (;;) {
        const follow = asFollower(await two.claim('k', JSON_FORM));
        const sink = await new TestSink(follow).over();
        expect([sink.text, sink.heads.length, sink.ends]).toEqual(['kept', 1, 1]);
        if (follow.ended) break;
      }
    });

    test.each([
      ['that is not stored', (call: TestCall) => call.answer('x'), { storedForMs: 0 }],
      ['that was refused', (call: TestCall) => [call.live.onHead(okHead(400)), call.live.onEnd()], {}],
      ['that failed', (call: TestCall) => call.live.onError(new NearhitError('UPSTREAM_TIMEOUT', 'late')), {}],
      ['that outgrew its record', (call: TestCall) => call.answer('a', 'bcd'), { recordBytesMax: 3 }],
      ['that all have left', (call: TestCall) => call.live.hold()(), {}],
    ])('a reply %s is joined no more', async (_name, end, options) => {
      const [one, two] = await start();
      const call = new TestCall(options);
      asLeader(await one.claim('k', JSON_FORM)).share(call.live);
      end(call);
      (await leadSoon(two, 'k')).share(new TestCall().live);
    });

    test('a refusal still reaches those who follow', async () => {
      const [one, two] = await start();
      const call = await led(one);
      const sink = await joined(two);
      call.live.onHead(okHead(429));
      call.live.onData(Buffer.from('slow down'));
      call.live.onEnd();
      await sink.over();
      expect([sink.heads[0]?.status, sink.text]).toEqual([429, 'slow down']);
    });

    test.each([false, true])('a failure reaches those who follow as it is (mid-stream: %s)', async (midStream) => {
      const [one, two] = await start();
      const call = await led(one);
      const sink = await joined(two);
      if (midStream) {
        call.live.onHead(okHead());
        call.live.onData(Buffer.from('begun'));
        await sink.until(({ text }) => text === 'begun');
      }
      call.live.onError(new NearhitError('UPSTREAM_ENDED_EARLY', 'It broke off.', { detail: 'for the log' }));
      await sink.over();
      expect(sink.error).toMatchObject({ kind: 'UPSTREAM_ENDED_EARLY', message: 'It broke off.' });
      expect(sink.ends).toBe(0);
    });

    test('followers keep the call alive until the last has left', async () => {
      const [one, two, three] = await start();
      const call = new TestCall();
      asLeader(await one.claim('k', JSON_FORM)).share(call.live);
      const leave = call.live.hold();
      call.live.onHead(okHead());
      const sinks = [await joined(two), await joined(three)];
      await Promise.all(sinks.map((sink) => sink.until(({ heads }) => heads.length === 1)));
      leave();
      sinks[0]?.flow.abort();
      sinks[0]?.flow.abort();
      call.live.onData(Buffer.from('still'));
      await sinks[1]?.until(({ text }) => text === 'still');
      expect(call.aborted).toBe(0);
      sinks[1]?.flow.abort();
      while (call.aborted === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(sinks.map(({ ends, error }) => [ends, error])).toEqual([
        [0, undefined],
        [0, undefined],
      ]);
    });

    test('what is forgotten is joined by nobody, and those who follow go on', async () => {
      const [one, two, three] = await start();
      const call = await led(one);
      call.live.onHead(okHead());
      const sink = await (await joined(two)).until(({ heads }) => heads.length === 1);
      one.forget();
      const anew = await leadSoon(three, 'k');
      anew.share(new TestCall().live);
      call.live.onData(Buffer.from('old'));
      call.live.onEnd();
      expect((await sink.over()).text).toBe('old');
    });

    test('who has forgotten joins nothing that was asked for before', async () => {
      const [one, two, three] = await start();
      await led(one, 'running');
      (await led(one, 'ended')).answer('x');
      await new Promise((resolve) => setTimeout(resolve, 5));
      two.forget();
      await led(two, 'running');
      await led(two, 'ended');
      await joined(three, 'running');
      await joined(three, 'ended');
    });

    test('what was asked for since is joined', async () => {
      const [one, two] = await start();
      two.forget();
      // Within the time that a message takes, one may not know which came first.
      for (let n = 0; ; n++) {
        const call = await led(one, `k${n}`);
        const claimed = await two.claim(`k${n}`, JSON_FORM);
        if (claimed.role === 'leader') continue;
        const sink = new TestSink(claimed);
        call.answer('since');
        expect((await sink.over()).text).toBe('since');
        break;
      }
    });

    test('one that leads a key claims it anew without a wait', async () => {
      const [one, two] = await start();
      (await led(one)).answer('first');
      const again = await led(one);
      const sink = await joined(two);
      again.answer('second');
      expect((await sink.over()).text).toBe('second');
    });

    test('closing tells followers, and later claims lead alone', async () => {
      const [one, two] = await start();
      const call = await led(one);
      call.live.onHead(okHead());
      const sink = await (await joined(two)).until(({ heads }) => heads.length === 1);
      await one.close();
      expect((await sink.over()).error?.kind).toBe('UPSTREAM_UNREACHABLE');
      asLeader(await one.claim('k', JSON_FORM)).share(new TestCall().live);
      asLeader(await two.claim('k', JSON_FORM));
    });
  });
}
