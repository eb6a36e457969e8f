import { NearhitError, within } from '@nearhit/core';
import type { RedisClient, RedisConnection } from './connection.ts';
import { describeFailure } from './failure.ts';

/** A Lua script under the name it is called by; all its keys share the hash tag of its one key. */
export interface Script {
  readonly name: string;
  readonly lua: string;
}

export type ScriptArgument = string | number | Buffer;
/**
 * Scripts that became known in this turn. A pipeline that ioredis had begun before does not have them, and to ask it for
 * one ends the process.
 */
const defining = new WeakMap<RedisClient, Promise<void>>();

type Runner = (key: string, ...args: ScriptArgument[]) => Promise<unknown>;

/**
 * The one way to Redis: what is asked fails at once while it is away, and after `timeoutMs` when it does not answer.
 * Failures are STORE_UNAVAILABLE, and carry neither a value nor a password.
 */
export class Commands {
  readonly #client: RedisClient;
  readonly #timeoutMs: number;
  #closed = false;

  constructor(connection: RedisConnection) {
    this.#client = connection.client;
    this.#timeoutMs = connection.commandTimeoutMs;
  }

  assertOpen(): void {
    if (this.#closed) throw new Error('the store is closed');
  }

  close(): void {
    this.#closed = true;
  }

  async run<T>(ask: (client: RedisClient) => Promise<T>): Promise<T> {
    this.assertOpen();
    // In cluster mode ioredis would wait for the slots as long as it takes.
    if (this.#client.status !== 'ready') throw unavailable('not connected');
    try {
      return await within(ask(this.#client), this.#timeoutMs, () => new Error('Command timed out'));
    } catch (error) {
      throw unavailable(describeFailure(error));
    }
  }

  define(script: Script): void {
    if (script.name in this.#client) return;
    this.#client.defineCommand(script.name, { numberOfKeys: 1, lua: script.lua });
    const client = this.#client;
    const turn = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      if (defining.get(client) === turn) defining.delete(client);
    });
    defining.set(client, turn);
  }

  /** Sent whole once per connection, then by its hash. Binary replies as they are. */
  async script<T>({ name }: Script, key: string, ...args: ScriptArgument[]): Promise<T> {
    const known = defining.get(this.#client);
    if (known !== undefined) await known;
    const runner = `${name}Buffer` as keyof RedisClient;
    return this.run((client) => (client[runner] as unknown as Runner).call(client, key, ...args)) as Promise<T>;
  }
}

function unavailable(detail: string): NearhitError {
  return new NearhitError('STORE_UNAVAILABLE', 'the store is not available at the moment', { detail });
}
