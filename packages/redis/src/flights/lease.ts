import { hash } from 'node:crypto';
import type { ReplyForm } from '@nearhit/core';
import type { RedisConnection } from '../connection.ts';

/** Who leads, since when, and how it asked: `<process>:<token>:<form>:<startedAtMs>[:ended]`, on Redis's clock. */
export interface Lease {
  readonly leader: string;
  readonly token: string;
  readonly form: ReplyForm;
  readonly ended: boolean;
}

export interface ClaimOptions {
  readonly token: string;
  readonly form: ReplyForm;
  /** Leads that began this long ago or earlier are void. */
  readonly ageMsMax: number;
  /** The token of a leader that is known to be lost. */
  readonly lost?: string | undefined;
}

const CLAIM = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('GET', KEYS[1])
if held then
  local leader, token, startedAtMs = string.match(held, '^(%x+):(%x+):%a:(%d+)')
  if leader and leader ~= ARGV[3] and token ~= ARGV[4] and nowMs - startedAtMs < tonumber(ARGV[5]) then return held end
end
redis.call('SET', KEYS[1], ARGV[1] .. string.format('%.0f', nowMs), 'PX', ARGV[2])
return false`;

const whenHeld = (then: string): string => `
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
${then}
return 1`;

const RENEW = whenHeld(`redis.call('PEXPIRE', KEYS[1], ARGV[2])`);
const END = whenHeld(`redis.call('SET', KEYS[1], held .. ':ended', 'PX', ARGV[2])`);
const RELEASE = whenHeld(`redis.call('DEL', KEYS[1])`);

const JSON_FORM: ReplyForm = { stream: false, includeUsage: false };
const FORMS: Readonly<Record<string, ReplyForm>> = {
  j: JSON_FORM,
  s: { stream: true, includeUsage: false },
  u: { stream: true, includeUsage: true },
};
const formName = ({ stream, includeUsage }: ReplyForm): string => (stream ? (includeUsage ? 'u' : 's') : 'j');

/** The leases in Redis: one key each, and one round trip for each step. All reject when Redis does not answer. */
export class Leases {
  readonly #connection: RedisConnection;
  readonly #id: string;
  readonly #leaseMs: number;
  readonly #running = new Set<Promise<unknown>>();

  constructor(connection: RedisConnection, id: string, leaseMs: number) {
    this.#connection = connection;
    this.#id = id;
    this.#leaseMs = leaseMs;
  }

  /** Undefined: it is this process's now. Its own earlier one gives way to a new one. */
  async claim(flight: string, { token, form, ageMsMax, lost = '' }: ClaimOptions): Promise<Lease | undefined> {
    const value = `${this.#id}:${token}:${formName(form)}:`;
    const age = Number.isFinite(ageMsMax) ? Math.floor(ageMsMax) : Number.MAX_SAFE_INTEGER;
    const held = await this.#run(CLAIM, flight, value, this.#leaseMs, this.#id, lost, age);
    if (typeof held !== 'string') return undefined;
    const [leader = '', heldToken = '', name = '', , ended] = held.split(':');
    return { leader, token: heldToken, form: FORMS[name] ?? JSON_FORM, ended: ended !== undefined };
  }

  /** False: it is another's by now, or gone. */
  async renew(flight: string, token: string): Promise<boolean> {
    return (await this.#run(RENEW, flight, `${this.#id}:${token}:`, this.#leaseMs)) === 1;
  }

  /** The reply is whole; it can be had for `lingerMs` more. */
  async end(flight: string, token: string, lingerMs: number): Promise<void> {
    await this.#run(END, flight, `${this.#id}:${token}:`, Math.ceil(lingerMs));
  }

  async release(flight: string, token: string): Promise<void> {
    await this.#run(RELEASE, flight, `${this.#id}:${token}:`);
  }

  /** Resolves when what was asked of Redis is done or has failed. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  #run(script: string, flight: string, ...args: (string | number)[]): Promise<unknown> {
    const key = this.#connection.key(flight.slice(0, 2), `flight:${flight}`);
    const run = this.#connection.client.eval(script, 1, key, ...args);
    this.#running.add(run);
    const done = () => this.#running.delete(run);
    run.then(done, done);
    return run;
  }
}

/** Keys may be long and are nobody's business in Redis. */
export function flightName(key: string): string {
  return hash('sha256', key).slice(0, 40);
}
