import { NearhitError } from '../errors.ts';
import type { ReplyForm } from '../ports/shared-flights.ts';
import type { LiveReply } from './live-reply.ts';
import type { Settled } from './outcome.ts';

/** Who makes the call that a reply comes from, and what was asked for there. */
export interface FlightSource {
  /** This process; else it follows another one's call. */
  readonly own: boolean;
  readonly form: ReplyForm;
}

/** 1: the call that took over from a failed one. 2: one of its own, shared with no other process; nobody takes over. */
export type Generation = 0 | 1 | 2;

export interface Flight {
  readonly live: LiveReply;
  readonly settled: Promise<Settled>;
  /** The same, from the reply's end on. */
  readonly settledNow: () => Settled | undefined;
  /** A promise while it is being found out whether another process makes this call; it does not reject. */
  readonly source: FlightSource | Promise<FlightSource>;
  readonly generation: Generation;
  /** What it rests on was invalidated after it began: those who ask from now on want another. */
  readonly isOutdated?: (() => boolean) | undefined;
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
   * whole answer; of a reply that is too long to be kept it gets one of its own. Whoever leads here and follows another
   * process is a follower like the others.
   * Throws CLIENT_GONE when the client has left.
   */
  async board(
    key: string,
    form: ReplyForm,
    client: Client,
    launch: (generation: Generation) => Flight,
  ): Promise<Boarded> {
    let flight = this.#flights.get(key);
    if (flight?.isOutdated?.()) flight = undefined;
    let launched = false;
    let generation: Generation = 0;
    for (;;) {
      if (flight === undefined || !flight.live.joinable) {
        flight = launch(generation);
        this.#flights.set(key, flight);
        launched = true;
      }
      const { live, source: asked } = flight;
      if (launched && !(asked instanceof Promise))
        return { flight, leader: true, sameForm: true, release: live.hold() };
      const release = holdFor(client, live);
      const source = asked instanceof Promise ? await asked : asked;
      stayOnlyFor(client);
      if (launched && source.own) return { flight, leader: true, sameForm: true, release };
      const sameForm = isSameForm(form, source.form);
      await (sameForm && form.stream ? live.headOrFailure() : live.wholeOrFailure());
      stayOnlyFor(client);
      if (live.recorded && (!live.failed || isLast(flight, source)))
        return { flight, leader: false, sameForm, release };
      release();
      generation = live.recorded && flight.generation === 0 ? 1 : 2;
      const next = this.#flights.get(key);
      flight = !live.recorded || next === flight ? undefined : next;
      launched = false;
    }
  }

  /** The call is over: the next equal request finds the answer in L1, or makes a call of its own. */
  land(key: string, live: LiveReply): void {
    if (this.#flights.get(key)?.live === live) this.#flights.delete(key);
  }
}

/** Its failure is what the client gets. That of a lost process is nobody's answer: another call is made for it. */
function isLast({ generation, live }: Flight, source: FlightSource): boolean {
  if (generation === 1) return source.own || live.error?.kind !== 'UPSTREAM_UNREACHABLE';
  return generation === 2;
}

/** One who has left is told of its leaving no more: a hold in its name would keep the upstream call for nobody. */
function holdFor(client: Client, live: LiveReply): () => void {
  const release = live.hold();
  if (client.gone) release();
  else client.onGone(release);
  return release;
}

function stayOnlyFor(client: Client): void {
  if (client.gone) throw new NearhitError('CLIENT_GONE', 'The client went away before the answer came.');
}

function isSameForm(a: ReplyForm, b: ReplyForm): boolean {
  return a.stream === b.stream && (!a.stream || a.includeUsage === b.includeUsage);
}
