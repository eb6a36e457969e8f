import { NearhitError } from '@nearhit/core';
import type { Request, Response } from 'express';
import { statsQuery } from '../observe-schemas.ts';
import { type Operation, operation } from '../operation.ts';
import { missedSince, positionText, readPosition } from './decision-tail.ts';
import { EventHub, type EventHubDeps } from './event-hub.ts';
import { eventItem } from './event-schemas.ts';
import { eventText, Listener } from './listener.ts';

export interface EventsDeps extends EventHubDeps {
  /** Aborted when the process is about to end: so are the connections. */
  readonly closing?: AbortSignal | undefined;
}

/** Who listens costs a connection and what is on its way to it. */
const LISTENERS_MAX = 100;
/** How soon a browser that lost the connection tries again. */
const RETRY_MS = 1000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // nginx gathers what it passes on, unless told otherwise.
  'x-accel-buffering': 'no',
};

export function eventOperations(deps: EventsDeps): Operation[] {
  const hub = new EventHub(deps);
  deps.closing?.addEventListener('abort', () => hub.close(), { once: true });
  return [
    operation({
      method: 'get',
      path: '/events',
      id: 'listenToEvents',
      summary: 'What happens, as server-sent events: decisions, figures every second, status every other second.',
      query: statsQuery,
      answer: eventItem,
      answerType: 'text/event-stream',
      respond: async ({ query, req, res }) => {
        if (req.method === 'HEAD') {
          res.writeHead(200, HEADERS).end();
          return;
        }
        if (deps.closing?.aborted === true) throw new NearhitError('SHUTTING_DOWN', 'This process is about to end.');
        if (hub.size >= LISTENERS_MAX)
          throw new NearhitError('RATE_LIMITED', `${LISTENERS_MAX} listen already.`, { retryAfterMs: 10_000 });
        await listen(hub, deps, query, req, res);
      },
    }),
  ];
}

type Query = Parameters<EventHub['join']>[1];

async function listen(hub: EventHub, { stats, now }: EventsDeps, query: Query, req: Request, res: Response) {
  const listener = new Listener(res, query, now);
  res.on('close', () => hub.leave(listener));
  const last = readPosition(req.headers['last-event-id']);
  listener.hold();
  const position = await hub.join(listener, query);
  if (res.destroyed) return hub.leave(listener);
  res.writeHead(200, HEADERS);
  const begin = last ?? position ?? { atMs: now(), id: '' };
  listener.write(`retry: ${RETRY_MS}\nid: ${positionText(begin)}\n\n`);
  hub.greet(listener, query);
  const missed = last === undefined ? undefined : await missedSince(stats, last).catch(() => undefined);
  await listener.catchUp(missed?.decisions ?? []);
  if (last !== undefined && missed?.cut !== false) listener.write(eventText('skipped', { decisions: null }));
}
