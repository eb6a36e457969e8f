import { hash } from 'node:crypto';
import { type DeliveredEvents, EVENT_KEPT_MS } from '@nearhit/core';
import type { Commands } from './commands.ts';
import type { RedisConnection } from './connection.ts';

/** A key for each id, under its hash: ids are as long as their senders like. Redis forgets them itself. */
export class RedisDeliveredEvents implements DeliveredEvents {
  readonly #commands: Commands;
  readonly #connection: RedisConnection;

  constructor(commands: Commands, connection: RedisConnection) {
    this.#commands = commands;
    this.#connection = connection;
  }

  seen(ids: readonly string[]): Promise<boolean[]> {
    return Promise.all(
      ids.map(async (id) => (await this.#commands.run((client) => client.exists(this.#key(id)))) === 1),
    );
  }

  async add(ids: readonly string[]): Promise<void> {
    await Promise.all(
      ids.map((id) => this.#commands.run((client) => client.set(this.#key(id), '1', 'PX', EVENT_KEPT_MS))),
    );
  }

  #key(id: string): string {
    const name = hash('sha256', id);
    return this.#connection.key(`event-${name}`, '');
  }
}
