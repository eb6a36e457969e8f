import { NearhitError } from '../errors.ts';
import type { EntryId } from '../ids.ts';
import type { LiveReply } from './live-reply.ts';
import type { Settled } from './outcome.ts';

export interface Flight {
  readonly live: LiveReply;
  readonly settled: Promise<Settled>;
  /** The leader asked for server-sent events. */
  readonly stream: boolean;
  /** 1 for the call that took over from a failed leader: there is no third. */
  readonly generation: 0 | 1;
}

export interface Boarded {
  readonly flight: Flight;
  readonly leader: boolean;
  readonly release: () => void;
}

/** The one who asked, as far as waiting for an answer goes. */
export interface Client {
  readonly gone: boolean;
  onGone(listener: () => void): void;
}

/** Single flight: equal requests at the same time make one upstream call. */
export class Flights {
  readonly #flights = new Map<EntryId, Flight>();

  get size(): number {
    return this.#flights.size;
  }

  /**
   * Joins the running call for this key, or leads a new one. A follower whose leader failed before the follower got a
   * byte hands over once: one follower calls again and the others follow it. A follower that can't use the leader's
   * bytes as they come (it wants JSON of a stream, or a stream of JSON) waits here for the whole answer.
   * Throws CLIENT_GONE when the client left while it waited.
   */
  async board(id: EntryId, stream: boolean, client: Client, launch: (generation: 0 | 1) => Flight): Promise<Boarded> {
    let running = this.#flights.get(id);
    if (running === undefined || !running.live.joinable) return this.#lead(id, launch, 0);
    for (;;) {
      const { live, generation } = running;
      const release = live.hold();
      client.onGone(release);
      await (stream && running.stream ? live.headOrFailure() : live.wholeOrFailure());
      if (client.gone) throw new NearhitError('CLIENT_GONE', 'The client went away before the answer came.');
      if (live.recorded && (!live.failed || generation === 1)) return { flight: running, leader: false, release };
      release();
      const next = this.#flights.get(id);
      if (next === undefined || next === running || !next.live.joinable) return this.#lead(id, launch, 1);
      running = next;
    }
  }

  /** The call is over: the next equal request finds the answer in L1, or makes a call of its own. */
  land(id: EntryId, live: LiveReply): void {
    if (this.#flights.get(id)?.live === live) this.#flights.delete(id);
  }

  #lead(id: EntryId, launch: (generation: 0 | 1) => Flight, generation: 0 | 1): Boarded {
    const flight = launch(generation);
    const release = flight.live.hold();
    this.#flights.set(id, flight);
    return { flight, leader: true, release };
  }
}
