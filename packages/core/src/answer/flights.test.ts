import { expect, test } from '@jest/globals';
import { NearhitError } from '../errors.ts';
import type { ReplyForm } from '../ports/shared-flights.ts';
import { type Boarded, type Client, type Flight, Flights } from './flights.ts';
import { LiveReply } from './live-reply.ts';

const KEY = 'k';
const JSON_FORM: ReplyForm = { stream: false, includeUsage: false };
const SSE_FORM: ReplyForm = { stream: true, includeUsage: false };
const stays: Client = { gone: false, onGone() {} };

/** A client whose leaving is told once, as a socket does it. */
class Leaving implements Client {
  gone = false;
  #listeners: (() => void)[] = [];
  onGone(listener: () => void): void {
    if (!this.gone) this.#listeners.push(listener);
  }
  leave(): void {
    this.gone = true;
    for (const listener of this.#listeners) listener();
  }
}

function airport() {
  const flights = new Flights();
  const lives: LiveReply[] = [];
  const outdated = new Set<LiveReply>();
  let aborted = 0;
  const board = (form: ReplyForm, client: Client = stays, recordBytesMax = 100): Promise<Boarded> =>
    flights.board(KEY, form, client, (generation): Flight => {
      const live = new LiveReply(recordBytesMax, (done) => flights.land(KEY, done));
      const abort = () => {
        aborted += 1;
      };
      live.attach({ pause() {}, resume() {}, abort });
      lives.push(live);
      const isOutdated = () => outdated.has(live);
      const settled = { costUsd: 0 };
      const source = { own: true, form };
      return { live, settled: Promise.resolve(settled), settledNow: () => settled, source, generation, isOutdated };
    });
  const head = (at: number, status = 200) =>
    lives[at]?.onHead({ status, headers: {}, provider: 'p', model: 'm', attempts: 1 });
  return { flights, lives, outdated, board, head, aborted: () => aborted };
}

test('nobody joins what was invalidated after it began; those who had boarded stay', async () => {
  const { board, lives, outdated } = airport();
  const before = await board(JSON_FORM);
  outdated.add(lives[0] as LiveReply);
  const after = await board(JSON_FORM);
  expect([before.leader, after.leader, lives.length]).toEqual([true, true, 2]);
  expect(after.flight.live).not.toBe(before.flight.live);
});

test('a client that left before it boarded holds nothing', async () => {
  const { board, aborted } = airport();
  const { release } = await board(JSON_FORM);
  const client = new Leaving();
  client.leave();
  await expect(board(JSON_FORM, client)).rejects.toMatchObject({ kind: 'CLIENT_GONE' });
  release();
  expect(aborted()).toBe(1);
});

test('a client that leaves while it waits lets go, and the others stay', async () => {
  const { board, lives, head, aborted } = airport();
  const { release } = await board(JSON_FORM);
  const client = new Leaving();
  const [left, stayed] = [board(JSON_FORM, client), board(JSON_FORM)];
  client.leave();
  release();
  head(0);
  lives[0]?.onEnd();
  await expect(left).rejects.toMatchObject({ kind: 'CLIENT_GONE' });
  expect((await stayed).leader).toBe(false);
  expect(aborted()).toBe(0);
});

test.each([
  ['a refusal', (a: ReturnType<typeof airport>) => [a.head(0, 400), a.lives[0]?.onEnd()]],
  ['a failure', (a: ReturnType<typeof airport>) => [a.lives[0]?.onError(new NearhitError('UPSTREAM_TIMEOUT', 'late'))]],
])('%s is handed over once', async (_name, fail) => {
  const here = airport();
  await here.board(SSE_FORM);
  const followers = Array.from({ length: 3 }, () => here.board(SSE_FORM));
  fail(here);
  await Promise.race(followers);
  here.head(1, 500);
  here.lives[1]?.onEnd();
  const boarded = await Promise.all(followers);
  expect(boarded.map(({ leader }) => leader)).toEqual([true, false, false]);
  expect(new Set(boarded.map(({ flight }) => flight.live))).toEqual(new Set([here.lives[1]]));
  expect(here.flights.size).toBe(0);
});

test('of a reply too long to be kept, all who waited lead at once', async () => {
  const { board, lives, head } = airport();
  await board(JSON_FORM);
  const followers = Array.from({ length: 3 }, () => board(JSON_FORM));
  head(0);
  lives[0]?.onData(Buffer.alloc(101));
  expect((await Promise.all(followers)).map(({ leader }) => leader)).toEqual([true, true, true]);
  expect(lives).toHaveLength(4);
});

test('who joins a stream of another end waits for the whole', async () => {
  const { board, lives, head } = airport();
  await board(SSE_FORM);
  let joined: Boarded | undefined;
  const joining = board({ stream: true, includeUsage: true }).then((boarded) => {
    joined = boarded;
    return boarded;
  });
  const same = board(SSE_FORM);
  head(0);
  expect(await same).toMatchObject({ leader: false, sameForm: true });
  await new Promise(setImmediate);
  expect(joined).toBeUndefined();
  lives[0]?.onEnd();
  expect(await joining).toMatchObject({ leader: false, sameForm: false });
});
