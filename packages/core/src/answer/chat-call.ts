import type { Client } from './flights.ts';

/** A chat completion request as it came in. */
export interface ChatCall {
  readonly requestId: string;
  readonly body: Buffer;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The client's bearer token, if any. */
  readonly credential?: string | undefined;
  /** Client headers that may go upstream. */
  readonly forward: Readonly<Record<string, string>>;
  /** `performance.now()` when the request had been read. */
  readonly startedAtMs: number;
  readonly client: Client;
}
