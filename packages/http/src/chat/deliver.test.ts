import { createServer, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import {
  type Delivery,
  type Exchange,
  LiveReply,
  NearhitError,
  type Outcome,
  type PreparedRequest,
} from '@nearhit/core';
import { entry } from '../../test/entry.ts';
import { listen } from '../../test/house.ts';
import { closeAll, keep } from '../../test/start.ts';
import { deliver } from './deliver.ts';
import { chatForm } from './form.ts';

afterEach(closeAll);

interface Told extends Delivery {
  /** Whether all of the answer had been handed to the socket when it was accounted. */
  readonly ended: boolean;
}

const EVENT = 'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';

/** Delivered over a socket: what the client got, and when it was accounted. */
async function delivered(outcome: Outcome, stream: boolean, then: () => void = () => {}) {
  const told: Told[] = [];
  const exchange = (res: ServerResponse): Exchange => ({
    ...{ requestId: 'r', request: { stream, includeUsage: false } as PreparedRequest, outcome, stages: {} },
    headers: () => [],
    finish: (delivery) => void told.push({ ...delivery, ended: res.writableEnded }),
  });
  const server = keep(
    createServer((_req, res) => {
      deliver(exchange(res), { res, startedAtMs: performance.now(), form: chatForm });
      then();
    }),
  );
  const reply = await fetch(await listen(server));
  const text = await reply.text().catch(() => 'cut');
  return { told, status: reply.status, text };
}

/** A reply of which `settled` is known from its end on, as in the house. */
function upstream(contentType: string) {
  const settled = { costUsd: 0.5 };
  let known: typeof settled | undefined;
  const live = new LiveReply(10_000, () => {
    known = settled;
  });
  const outcome: Outcome = {
    ...{ kind: 'upstream', cache: 'miss', reason: 'no-candidate', live, leader: true, sameForm: true },
    ...{ release: () => {}, settled: Promise.resolve(settled), settledNow: () => known },
  };
  const head = { status: 200, headers: { 'content-type': contentType }, provider: 'p', model: 'm', attempts: 1 };
  return { live, outcome, head };
}

test('an answer as JSON is accounted before it goes out', async () => {
  const { live, outcome, head } = upstream('application/json');
  const { told, text } = await delivered(outcome, false, () => {
    live.onHead(head);
    live.onData(Buffer.from('{"a":1}'));
    live.onEnd();
  });
  expect(text).toBe('{"a":1}');
  expect(told).toMatchObject([{ status: 200, failed: false, ended: false }]);
});

test('a stream is accounted before its end goes out, and its pieces do not wait for that', async () => {
  const { live, outcome, head } = upstream('text/event-stream');
  const { told, text } = await delivered(outcome, true, () => {
    live.onHead(head);
    live.onData(Buffer.from(EVENT));
    live.onEnd();
  });
  expect(text).toBe(EVENT);
  expect(told).toMatchObject([{ status: 200, failed: false, ended: false }]);
});

test('so is one that broke off', async () => {
  const { live, outcome, head } = upstream('text/event-stream');
  const { told, text } = await delivered(outcome, true, () => {
    live.onHead(head);
    live.onData(Buffer.from(EVENT));
    live.onError(new NearhitError('UPSTREAM_ENDED_EARLY', 'It broke off.'));
  });
  expect(text).toContain('It broke off.');
  expect(told).toMatchObject([{ status: 200, failed: true, ended: false }]);
});

test('and a failure, a hit, and a refusal', async () => {
  const { live, outcome } = upstream('application/json');
  const failed = await delivered(outcome, false, () => live.onError(new NearhitError('UPSTREAM_TIMEOUT', 'Too late.')));
  expect(failed).toMatchObject({ status: 504, told: [{ status: 504, failed: true, ended: false }] });
  const cached = { entry: entry(1), rendered: new Map() };
  for (const stream of [false, true]) {
    const hit = await delivered({ kind: 'hit', layer: 'l1', cached, ageSeconds: 0 }, stream);
    expect(hit).toMatchObject({ status: 200, told: [{ status: 200, ended: false }] });
  }
  const refused = await delivered({ kind: 'refused', reason: 'no-candidate' }, false);
  expect(refused).toMatchObject({ status: 504, told: [{ status: 504, ended: false }] });
});
