import type { Entry, EntryId, IdentityKey } from '@nearhit/core';
import type { Commands } from '../commands.ts';
import { chunks, decodeNamed, encodeNamed, identityName, identityOfName, perShard, shardOf } from './keys.ts';
import { IDENTIFY, UNIDENTIFY } from './scripts.ts';

const PER_CALL = 512;

/**
 * From an identity to its newest entry. In a cluster the two lie apart, so that no step can write both: what fails here
 * leaves an entry that is found by its exact key and by meaning, or a name of one that is gone.
 */
export class Identities {
  readonly #commands: Commands;
  readonly #key: (shard: string, name: string) => string;

  constructor(commands: Commands, key: (shard: string, name: string) => string) {
    this.#commands = commands;
    this.#key = key;
  }

  async read(identity: IdentityKey): Promise<EntryId | undefined> {
    const key = this.#key(shardOf(identity), identityName(identity));
    return decodeNamed(await this.#commands.run((client) => client.getBuffer(key)));
  }

  /** Never rejects. */
  async write(entries: readonly Entry[], ttlMs: (entry: Entry) => number): Promise<void> {
    const named = entries.flatMap((entry) =>
      entry.identity === undefined ? [] : [{ entry, identity: entry.identity }],
    );
    await this.#each(named, async (shard, some) => {
      const named = some.flatMap(({ entry, identity }) => [identityName(identity), encodeNamed(entry), ttlMs(entry)]);
      await this.#commands.script(IDENTIFY, this.#key(shard, ''), ...named);
    });
  }

  /** Those that still stand for these entries. `name`: as REMOVE gives it. Never rejects. */
  async remove(gone: readonly { readonly id: EntryId; readonly name: string }[]): Promise<void> {
    const named = gone.flatMap(({ id, name }) => (name === '' ? [] : [{ id, name, identity: identityOfName(name) }]));
    await this.#each(named, async (shard, some) => {
      const names = some.flatMap(({ id, name }) => [name, Buffer.from(id, 'hex')]);
      await this.#commands.script(UNIDENTIFY, this.#key(shard, ''), ...names);
    });
  }

  async #each<T extends { readonly identity: IdentityKey }>(
    items: readonly T[],
    call: (shard: string, some: T[]) => Promise<void>,
  ): Promise<void> {
    const pieces = chunks(items, PER_CALL).map((piece) => perShard(piece, ({ identity }) => identity, call));
    await Promise.allSettled(pieces);
  }
}
