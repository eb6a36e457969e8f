import type { Allowance, Caller } from '../caller.ts';
import type { Endpoint, FrontApi } from '../ports/endpoint.ts';
import type { Client } from './flights.ts';

/** A chat completion request as it came in. */
export interface ChatCall {
  readonly requestId: string;
  /** Made here, unique; names the request in the accounts. */
  readonly callId: string;
  readonly body: Buffer;
  /** The API of the request that `body` was made of; absent: it came so. */
  readonly madeOf?: FrontApi | undefined;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** W3C trace context for what this request causes elsewhere. Absent: it is not traced. */
  readonly span?: string | undefined;
  readonly caller: Caller;
  readonly allowance: Allowance;
  /** By which door it came. */
  readonly endpoint: Endpoint;
  /** The one provider that may answer (`/{provider}/v1/...`). */
  readonly provider?: string | undefined;
  /** `batch` waits behind `live` where places upstream are few. */
  readonly priority?: 'live' | 'batch' | undefined;
  /** Client headers that may go upstream. */
  readonly forward: Readonly<Record<string, string>>;
  /** `performance.now()` when the request had been read. */
  readonly startedAtMs: number;
  readonly client: Client;
}
