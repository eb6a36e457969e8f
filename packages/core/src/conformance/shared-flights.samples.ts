import { LiveReply } from '../answer/live-reply.ts';
import type { NearhitError } from '../errors.ts';
import type { FlightFollow, FlightLead, ReplyForm, SharedFlights } from '../ports/shared-flights.ts';
import type { UpstreamFlow, UpstreamHead, UpstreamSink } from '../ports/upstream.ts';

export const JSON_FORM: ReplyForm = { stream: false, includeUsage: false };
export const SSE_FORM: ReplyForm = { stream: true, includeUsage: true };

export const okHead = (status = 200): UpstreamHead => ({
  status,
  headers: { 'content-type': 'application/json', 'x-odd': 'é' },
  provider: 'p',
  model: 'm-1',
  attempts: 2,
});

/** A reply in the making, with its upstream call. */
export class TestCall {
  readonly live: LiveReply;
  aborted = 0;
  paused = 0;
  resumed = 0;

  constructor({ storedForMs = 60_000, recordBytesMax = 10_000_000, now = Date.now } = {}) {
    this.live = new LiveReply(recordBytesMax, (live) => {
      if (live.state === 'ended' && !live.failed) live.servableUntilMs = now() + storedForMs;
    });
    this.live.attach({
      pause: () => void this.paused++,
      resume: () => void this.resumed++,
      abort: () => void this.aborted++,
    });
  }

  answer(...chunks: (string | Buffer)[]): void {
    this.live.onHead(okHead());
    for (const chunk of chunks) this.live.onData(Buffer.from(chunk));
    this.live.onEnd();
  }
}

/** What came to one follower. */
export class TestSink implements UpstreamSink {
  readonly heads: UpstreamHead[] = [];
  readonly chunks: Buffer[] = [];
  ends = 0;
  error: NearhitError | undefined;
  readonly flow: UpstreamFlow;
  #waiting: (() => void)[] = [];

  constructor(follow: FlightFollow) {
    this.flow = follow.follow(this);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  onHead(head: UpstreamHead): void {
    this.heads.push(head);
    this.#wake();
  }

  onData(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.#wake();
  }

  onEnd(): void {
    this.ends++;
    this.#wake();
  }

  onError(error: NearhitError): void {
    this.error = error;
    this.#wake();
  }

  async until(check: (sink: TestSink) => boolean): Promise<this> {
    while (!check(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this;
  }

  over(): Promise<this> {
    return this.until(({ ends, error }) => ends > 0 || error !== undefined);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export function asLeader(claimed: FlightLead | FlightFollow): FlightLead {
  if (claimed.role !== 'leader') throw new Error('another one leads');
  return claimed;
}

export function asFollower(claimed: FlightLead | FlightFollow): FlightFollow {
  if (claimed.role !== 'follower') throw new Error('it leads');
  return claimed;
}

/** Claims until another one's flight is no longer in the way: what ends a lead may be on its way. */
export async function leadSoon(flights: SharedFlights, key: string, form = JSON_FORM): Promise<FlightLead> {
  for (;;) {
    const claimed = await flights.claim(key, form);
    if (claimed.role === 'leader') return claimed;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
