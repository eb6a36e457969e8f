import type { LiveReply } from '../answer/live-reply.ts';
import type { UpstreamFlow, UpstreamSink } from './upstream.ts';

/** What the bytes of a reply depend on beside its answer. */
export interface ReplyForm {
  readonly stream: boolean;
  /** A stream ends with a chunk of its own for the usage. */
  readonly includeUsage: boolean;
}

/** This process makes the call. */
export interface FlightLead {
  readonly role: 'leader';
  /**
   * To be called at once, with the reply that is being made: whoever follows from elsewhere is sent what it gets, from
   * its first byte. The lead ends by itself with the reply; late followers are served a little longer, at most until
   * its `servableUntilMs`.
   */
  share(reply: LiveReply): void;
}

/** Another process makes it. */
export interface FlightFollow {
  readonly role: 'follower';
  /** As the leader asked for it. */
  readonly form: ReplyForm;
  /** It was over when it was found: its answer is some seconds old. Absent: it was running. */
  readonly ended?: boolean | undefined;
  /**
   * Hears the leader's reply from its first byte. The sink gets UPSTREAM_UNREACHABLE when the leader is lost, within 2 s.
   */
  follow(sink: UpstreamSink): UpstreamFlow;
}

/** Single flight over all processes: one upstream call per key. */
export interface SharedFlights {
  /** Never rejects and never takes long: whoever can't find out leads alone. */
  claim(key: string, form: ReplyForm): Promise<FlightLead | FlightFollow>;
  /** Replies that were asked for until now are no longer joined: what they rest on was invalidated. */
  forget(): void;
  /** Running replies tell their followers that they are on their own. */
  close(): Promise<void>;
}
