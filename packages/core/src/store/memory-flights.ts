import type { LiveReply } from '../answer/live-reply.ts';
import { NearhitError } from '../errors.ts';
import type { FlightFollow, FlightLead, ReplyForm, SharedFlights } from '../ports/shared-flights.ts';
import type { UpstreamFlow, UpstreamSink } from '../ports/upstream.ts';

interface Led {
  readonly owner: object;
  readonly form: ReplyForm;
  /** Order of the claims and of what was forgotten. */
  readonly turn: number;
  readonly reply: Promise<LiveReply>;
  /** Each tells a follower that it is on its own. */
  readonly partings: Set<() => void>;
  whole: boolean;
  untilMs: number;
}

const LINGER_MS = 10_000;

/** Several `SharedFlights` of one process that share their flights: the test double of several processes. */
export class MemoryFlights {
  readonly #led = new Map<string, Led>();
  readonly #now: () => number;
  #turn = 0;

  constructor({ now = Date.now }: { readonly now?: (() => number) | undefined } = {}) {
    this.#now = now;
  }

  open(): SharedFlights {
    const owner = {};
    /** Of what this one follows. */
    const partings = new Set<() => void>();
    let forgotten = 0;
    let closed = false;
    return {
      claim: async (key, form) => {
        if (closed) return { role: 'leader', share: () => {} };
        const led = this.#led.get(key);
        const joinable = led !== undefined && led.owner !== owner && led.turn > forgotten && led.untilMs > this.#now();
        return joinable ? followOf(led, partings) : this.#lead(key, form, owner);
      },
      forget: () => {
        forgotten = ++this.#turn;
        for (const [key, led] of this.#led) if (led.owner === owner) this.#led.delete(key);
      },
      close: async () => {
        closed = true;
        for (const [key, led] of this.#led) {
          if (led.owner !== owner) continue;
          this.#led.delete(key);
          for (const part of [...led.partings]) part();
        }
        for (const part of [...partings]) part();
      },
    };
  }

  #lead(key: string, form: ReplyForm, owner: object): FlightLead {
    let share!: (reply: LiveReply) => void;
    const reply = new Promise<LiveReply>((resolve) => {
      share = resolve;
    });
    const led: Led = {
      owner,
      form,
      turn: ++this.#turn,
      reply,
      partings: new Set(),
      whole: false,
      untilMs: Number.POSITIVE_INFINITY,
    };
    this.#led.set(key, led);
    const drop = () => {
      if (this.#led.get(key) === led) this.#led.delete(key);
    };
    const whole = (live: LiveReply) => {
      led.whole = true;
      led.untilMs = Math.min(this.#now() + LINGER_MS, live.servableUntilMs);
      if (led.untilMs <= this.#now()) drop();
    };
    return {
      role: 'leader',
      share: (live) => {
        share(live);
        live.listen({
          onHead: ({ status }) => status > 299 && drop(),
          onData: () => {
            if (!live.recorded) drop();
            return true;
          },
          onEnd: () => queueMicrotask(() => whole(live)),
          onError: drop,
        });
      },
    };
  }
}

function followOf(led: Led, partings: Set<() => void>): FlightFollow {
  return {
    role: 'follower',
    form: led.form,
    ended: led.whole,
    follow: (sink) => new Following(led.reply, sink, [led.partings, partings]),
  };
}

class Following implements UpstreamFlow {
  #leave: (() => void)[] = [];
  #over = false;
  readonly #part: () => void;
  readonly #partings: readonly Set<() => void>[];

  constructor(reply: Promise<LiveReply>, sink: UpstreamSink, partings: readonly Set<() => void>[]) {
    this.#partings = partings;
    this.#part = () => {
      this.abort();
      sink.onError(lost());
    };
    for (const those of partings) those.add(this.#part);
    void reply.then((live) => this.#follow(live, sink));
  }

  pause(): void {}

  resume(): void {}

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    for (const those of this.#partings) those.delete(this.#part);
    for (const leave of this.#leave) leave();
  }

  #follow(live: LiveReply, sink: UpstreamSink): void {
    if (this.#over) return;
    if (!live.recorded || live.state === 'abandoned') {
      this.#part();
      return;
    }
    const last = (tell: () => void): void => {
      if (this.#over) return;
      this.abort();
      tell();
    };
    const release = live.hold();
    const stop = live.listen({
      onHead: (head) => this.#over || sink.onHead(head),
      onData: (chunk) => {
        if (!this.#over) sink.onData(chunk);
        return true;
      },
      onEnd: () => last(() => sink.onEnd()),
      onError: (error) => last(() => sink.onError(error)),
    });
    this.#leave.push(stop, release);
    if (this.#over) for (const leave of this.#leave) leave();
  }
}

const lost = () =>
  new NearhitError('UPSTREAM_UNREACHABLE', 'The answer was being fetched by another one, which was lost.');
