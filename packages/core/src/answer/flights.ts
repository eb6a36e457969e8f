import { NearhitError } from '../errors.ts';
import type { LiveReply } from './live-reply.ts';
import type { Settled } from './outcome.ts';

/** What the bytes of a reply depend on beside its answer. */
export interface ReplyForm {
  readonly stream: boolean;
  /** A stream ends with a chunk of its own for the usage. */
  readonly includeUsage: boolean;
}

export interface Flight {
  readonly live: LiveReply;
  readonly settled: Promise<Settled>;
  /** As the leader asked for it. */
  readonly form: ReplyForm;
  /** 1 for the call that took over from a failed leader: there is no third. */
  readonly generation: 0 | 1;
}

export interface Boarded {
  readonly flight: Flight;
  readonly leader: boolean;
  /** The reply's bytes are of the form that was asked for. */
  readonly sameForm: boolean;
  readonly release: () => void;
}

/** The one who asked, as far as waiting for an answer goes. */
export interface Client {
  readonly gone: boolean;
  onGone(listener: () => void): void;
}

/** Single flight: equal requests at the same time make one upstream call. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  get size(): number {
    return this.#flights.size;
  }

  /**
   * Joins the running call for this key, or leads a new one. A follower whose leader failed before the follower got a
   * byte hands over once: one follower calls again and the others follow it. A follower that can't use the leader's
   * bytes as they come (it wants JSON of a stream, a stream of JSON, or another end of the stream) waits here for the
   * whole answer; of a reply that is too long to be kept it gets one of its own.
   * Throws CLIENT_GONE when the client has left.
   */
  async board(key: string, form: ReplyForm, client: Client, launch: (generation: 0 | 1) => Flight): Promise<Boarded> {
    let running = this.#flights.get(key);
    if (running === undefined || !running.live.joinable) return this.#lead(key, launch, 0);
    for (;;) {
      stayOnlyFor(client);
      const { live, generation } = running;
      const sameForm = isSameForm(form, running.form);
      const release = live.hold();
      client.onGone(release);
      await (sameForm && form.stream ? live.headOrFailure() : live.wholeOrFailure());
      stayOnlyFor(client);
      if (live.recorded && (!live.failed || generation === 1))
        return { flight: running, leader: false, sameForm, release };
      release();
      const next = this.#flights.get(key);
      if (!live.recorded || next === undefined || next === running || !next.live.joinable)
        return this.#lead(key, launch, 1);
      running = next;
    }
  }

  /** The call is over: the next equal request finds the answer in L1, or makes a call of its own. */
  land(key: string, live: LiveReply): void {
    if (this.#flights.get(key)?.live === live) this.#flights.delete(key);
  }

  #lead(key: string, launch: (generation: 0 | 1) => Flight, generation: 0 | 1): Boarded {
    const flight = launch(generation);
    const release = flight.live.hold();
    this.#flights.set(key, flight);
    return { flight, leader: true, sameForm: true, release };
  }
}

/** One who has left is told of its leaving no more: a hold in its name would keep the upstream call for nobody. */
function stayOnlyFor(client: Client): void {
  if (client.gone) throw new NearhitError('CLIENT_GONE', 'The client went away before the answer came.');
}

function isSameForm(a: ReplyForm, b: ReplyForm): boolean {
  return a.stream === b.stream && (!a.stream || a.includeUsage === b.includeUsage);
}
