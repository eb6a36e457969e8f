import { afterEach, describe, expect, test } from '@jest/globals';
import { NearhitError } from '../errors.ts';
import { sharedUpstream, type TestUpstream } from './scripted-upstream.samples.ts';
import { AnsweringProcess, unlessGone } from './shared-answers.samples.ts';
import type { SharingProcesses } from './shared-flights.conformance.ts';

/** What clients of several processes get that share their upstream calls, and what it costs. */
export function sharedAnswersConformance(name: string, open: () => Promise<SharingProcesses>): void {
  describe(`answer() over SharedFlights: ${name}`, () => {
    let opened: SharingProcesses | undefined;
    let upstream: TestUpstream;
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });
    const start = async () => {
      opened = await open();
      upstream = sharedUpstream();
      const [one, two, three] = opened.processes;
      return [one, two, three].map((flights) => new AnsweringProcess(upstream, flights)) as [
        AnsweringProcess,
        AnsweringProcess,
        AnsweringProcess,
      ];
    };

    test.each([false, true])('a hundred equal requests make one call (the first streams: %s)', async (stream) => {
      const processes = await start();
      const asked = Array.from({ length: 100 }, (_, at) =>
        processes[at % 2 === 0 ? 0 : 1].ask('Why?', { stream: at % 4 < 2 ? stream : !stream }),
      );
      await upstream.called(1);
      await AnsweringProcess.oneJoined(processes);
      upstream.calls[0]?.answer('Because.');
      const got = await Promise.all(asked);
      expect(new Set(got.map(({ text }) => text))).toEqual(new Set(['Because.']));
      expect(upstream.calls).toHaveLength(1);
      expect(got.filter(({ leader }) => leader)).toHaveLength(1);
      expect(got.filter(({ reason }) => reason?.startsWith('joined:'))).toHaveLength(99);
      expect(processes.flatMap(({ enqueued }) => enqueued)).toHaveLength(1);
      for (const process of processes.slice(0, 2))
        expect(await process.ask('Why?')).toMatchObject({ layer: 'l1', text: 'Because.' });
    });

    test('many questions at once, each in two processes', async () => {
      const processes = await start();
      upstream.answerAll((question) => `About ${question}`);
      const questions = Array.from({ length: 30 }, (_, at) => `question ${at}`);
      const got = await Promise.all(
        questions.flatMap((question) => processes.map((process) => process.ask(question, { stream: true }))),
      );
      expect(got.map(({ text }) => text)).toEqual(
        questions.flatMap((question) => processes.map(() => `About ${question}`)),
      );
      expect(upstream.calls).toHaveLength(30);
    });

    test('an answer is there for all before it is stored, and its life begins when it came', async () => {
      const [one, two] = await start();
      upstream.answerAll(() => 'fresh');
      await one.ask('q');
      expect(await two.ask('q')).toMatchObject({ text: 'fresh', leader: false });
      expect(await two.ask('q')).toMatchObject({ text: 'fresh', leader: false });
      expect(upstream.calls).toHaveLength(1);
    });

    test.each([
      ['is not to be stored', { 'x-nearhit-ttl': '0' }],
      ['is asked for anew', { 'x-nearhit-cache': 'refresh' }],
      ['must not be old', { 'cache-control': 'max-age=60' }],
      ['is compared only', { 'x-nearhit-cache': 'shadow' }],
      ['goes past the cache', { 'x-nearhit-cache': 'off' }],
    ])('an answer that %s is fetched for each', async (_name, headers) => {
      const [one, two] = await start();
      upstream.answerAll(() => 'own');
      for (const process of [one, two, one]) {
        // The end of the call before may still be under way to this process: whoever joins it then costs nothing.
        for (let led = false; !led; process.memory.clear()) {
          const got = await process.ask('q', { headers });
          expect(got.text).toBe('own');
          led = got.leader;
        }
      }
      expect(upstream.calls).toHaveLength(3);
    });

    test('a failure is handed over once: one of the others calls again', async () => {
      const [one, two] = await start();
      const first = one.ask('q');
      await upstream.called(1);
      const others = [two.ask('q'), two.ask('q'), two.ask('q', { stream: true })];
      await two.joined();
      upstream.calls[0]?.fail();
      await expect(first).rejects.toMatchObject({ kind: 'UPSTREAM_TIMEOUT' });
      await upstream.called(2);
      upstream.calls[1]?.answer('second try');
      const got = await Promise.all(others);
      expect(got.map(({ text }) => text)).toEqual(Array(3).fill('second try'));
      expect(got.filter(({ leader }) => leader)).toHaveLength(1);
      expect(upstream.calls).toHaveLength(2);
    });

    test('a refusal is for the one who asked', async () => {
      const [one, two] = await start();
      const first = one.ask('q');
      await upstream.called(1);
      const other = two.ask('q');
      await two.joined();
      upstream.calls[0]?.refuse(400);
      expect(await first).toMatchObject({ status: 400 });
      await upstream.called(2);
      upstream.calls[1]?.answer('fine');
      expect(await other).toMatchObject({ text: 'fine' });
    });

    test('a lost process is replaced where nobody has a byte yet', async () => {
      const [one, two] = await start();
      const first = one.ask('q').catch(unlessGone);
      await upstream.called(1);
      const others = [two.ask('q'), two.ask('q', { stream: true })];
      await two.joined();
      await one.flights.close();
      await upstream.called(2);
      upstream.calls[1]?.answer('from another');
      expect((await Promise.all(others)).map(({ text }) => text)).toEqual(['from another', 'from another']);
      upstream.calls[0]?.answer('late');
      await first;
      expect(upstream.calls).toHaveLength(2);
    });

    test('a stream that breaks off with its process ends with an error', async () => {
      const [one, two] = await start();
      const first = one.ask('q', { stream: true }).catch(unlessGone);
      await upstream.called(1);
      const other = two.ask('q', { stream: true });
      const broken = expect(other).rejects.toMatchObject({ kind: 'UPSTREAM_UNREACHABLE' });
      upstream.calls[0]?.begin('Half of');
      await two.received('Half of');
      await one.flights.close();
      await broken;
      upstream.calls[0]?.fail();
      await first;
      expect(upstream.calls).toHaveLength(1);
      expect(two.enqueued).toHaveLength(0);
    });

    test('a call goes on for another process when the client that began it has left', async () => {
      const [one, two] = await start();
      const client = one.client();
      const first = one.ask('q', { client, stream: true }).catch(unlessGone);
      await upstream.called(1);
      const other = two.ask('q', { stream: true });
      upstream.calls[0]?.begin('go ');
      await two.received('go ');
      client.leave();
      upstream.calls[0]?.finish('on');
      await first;
      expect(await other).toMatchObject({ text: 'go on' });
      expect(upstream.calls[0]?.aborted).toBe(false);
    });

    test('who leaves before it is known who leads leaves nothing behind', async () => {
      const [one, two] = await start();
      const client = one.client();
      const left = one.ask('q', { client, whenLaunched: () => client.leave() });
      await expect(left).rejects.toBeInstanceOf(NearhitError);
      expect(upstream.calls).toHaveLength(0);
      upstream.answerAll(() => 'free');
      expect(await two.ask('q')).toMatchObject({ text: 'free' });
    });

    test('what was invalidated is not joined', async () => {
      const [one, two] = await start();
      const first = one.ask('q');
      await upstream.called(1);
      two.flights.forget();
      const other = two.ask('q');
      await upstream.called(2);
      for (const [at, call] of upstream.calls.entries()) call.answer(`answer ${at}`);
      expect([(await first).text, (await other).text]).toEqual(['answer 0', 'answer 1']);
    });
  });
}
