import { type Exchange, type HitOutcome, NearhitError, type RefusedOutcome, type UpstreamOutcome } from '@nearhit/core';
import { endAccounted } from '../reply.ts';
import { hitHeaders, upstreamHeaders } from './head.ts';
import { LiveWriter } from './live-writer.ts';
import { finish, giveUp, JSON_TYPE, type Recipient, rendered, SSE, writeError } from './recipient.ts';

/** Writes an exchange to the client, in the form the client asked for. */
export function deliver(exchange: Exchange, to: Recipient): void {
  const { outcome } = exchange;
  try {
    if (outcome.kind === 'hit') deliverHit(exchange, outcome, to);
    else if (outcome.kind === 'refused') deliverRefused(exchange, outcome, to);
    else deliverUpstream(exchange, outcome, to);
  } catch (error) {
    // Whoever does not finish keeps its place among those at once, and nothing of it is accounted.
    if (outcome.kind === 'upstream') outcome.release();
    giveUp(exchange, error, to);
  }
}

/** Renders once per entry and form, where the form allows it; the bytes stay with the entry in L1. */
function replayed({ cached }: HitOutcome, exchange: Exchange, to: Recipient): Buffer {
  const name = to.form.keptAs(exchange.request.stream, exchange.request.includeUsage);
  const known = name === undefined ? undefined : cached.rendered.get(name);
  if (known !== undefined) return known;
  const bytes = rendered(cached.entry.answer, exchange, to);
  if (name !== undefined) cached.rendered.set(name, bytes);
  return bytes;
}

function deliverHit(exchange: Exchange, outcome: HitOutcome, to: Recipient): void {
  const { stream } = exchange.request;
  const body = replayed(outcome, exchange, to);
  const headers = hitHeaders(exchange, outcome, to.startedAtMs, stream ? SSE : JSON_TYPE, body.length);
  if (stream) headers.push('cache-control', 'no-cache');
  to.res.writeHead(200, headers);
  finish(exchange, 200, performance.now());
  endAccounted(to.res, body);
}

function deliverRefused(exchange: Exchange, outcome: RefusedOutcome, to: Recipient): void {
  const error = new NearhitError(
    'CACHE_MISS',
    `Nothing in the cache may answer this request (${outcome.reason}), and the request allows no call upstream.`,
  );
  writeError(exchange, error, to);
}

function deliverUpstream(exchange: Exchange, outcome: UpstreamOutcome, to: Recipient): void {
  const { live } = outcome;
  const { stream } = exchange.request;
  const otherForm = live.streamed !== stream || (stream && !outcome.sameForm);
  if (!outcome.leader && live.head !== undefined && live.head.status < 300 && otherForm) {
    deliverConverted(exchange, outcome, to).catch((error: unknown) => giveUp(exchange, error, to));
    return;
  }
  follow(exchange, outcome, to);
}

function follow(exchange: Exchange, outcome: UpstreamOutcome, to: Recipient): void {
  const { live } = outcome;
  const { res } = to;
  const writer = new LiveWriter(exchange, outcome, to);
  const stop = live.listen(writer);
  const leave = () => {
    stop();
    outcome.release();
    writer.closed();
  };
  if (res.closed) {
    leave();
    return;
  }
  res.on('close', leave);
  res.on('drain', () => live.drained(writer));
}

/** A follower that can't use the leader's bytes, because it asked for another form: it waited for the whole. */
async function deliverConverted(exchange: Exchange, outcome: UpstreamOutcome, to: Recipient): Promise<void> {
  const { answer, costUsd } = await outcome.settled;
  const { stream } = exchange.request;
  // Of a stream that is no whole answer, the bytes say more than an error would.
  if (answer === undefined && outcome.live.streamed === stream) return follow(exchange, outcome, to);
  outcome.release();
  if (answer === undefined) {
    const why = outcome.live.error ?? new NearhitError('UPSTREAM_INVALID', 'The provider sent no complete answer.');
    return writeError(exchange, why, to);
  }
  const body = rendered(answer, exchange, to);
  const form = { costUsd, length: body.length, contentType: stream ? SSE : JSON_TYPE };
  to.res.writeHead(200, upstreamHeaders(exchange, outcome, to.startedAtMs, form));
  finish(exchange, 200, performance.now());
  endAccounted(to.res, body);
}
