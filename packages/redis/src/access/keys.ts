import { randomUUID } from 'node:crypto';
import { type ApiKeyRecord, type KeyPage, type KeyStore, keyCursor, keyPage, type TenantRecord } from '@nearhit/core';
import type { Commands, Script } from '../commands.ts';

/**
 * `records` (hash: id -> record), `hashes` (hash: hash -> id), `ids` and `ids:<tenant>` (sorted by name), `tenants`
 * (hash), `revision`. All share one hash tag, so that a key and its hashes change in one step.
 */
const PUT: Script = {
  name: 'nearhitPutKey',
  lua: `
local B = KEYS[1]
local key = cjson.decode(ARGV[1])
local found = redis.call('HGET', B .. 'records', key.id)
local old = found and cjson.decode(found)
if (old and old.version or 0) ~= key.version - 1 then return 0 end
if old then
  for _, one in ipairs(old.hashes) do redis.call('HDEL', B .. 'hashes', one.hash) end
end
for _, one in ipairs(key.hashes) do redis.call('HSET', B .. 'hashes', one.hash, key.id) end
redis.call('HSET', B .. 'records', key.id, ARGV[1])
redis.call('ZADD', B .. 'ids', 0, key.id)
redis.call('ZADD', B .. 'ids:' .. key.tenant, 0, key.id)
redis.call('SET', B .. 'revision', ARGV[2])
return 1`,
};

const DELETE: Script = {
  name: 'nearhitDeleteKey',
  lua: `
local B = KEYS[1]
local found = redis.call('HGET', B .. 'records', ARGV[1])
if not found then return 0 end
local key = cjson.decode(found)
for _, one in ipairs(key.hashes) do redis.call('HDEL', B .. 'hashes', one.hash) end
redis.call('HDEL', B .. 'records', key.id)
redis.call('ZREM', B .. 'ids', key.id)
redis.call('ZREM', B .. 'ids:' .. key.tenant, key.id)
redis.call('SET', B .. 'revision', ARGV[2])
return 1`,
};

/** hash. Answers the record. */
const BY_HASH: Script = {
  name: 'nearhitKeyByHash',
  lua: `
local id = redis.call('HGET', KEYS[1] .. 'hashes', ARGV[1])
return id and redis.call('HGET', KEYS[1] .. 'records', id)`,
};

/** `ids` or `ids:<tenant>`, from where downwards, how many. Answers the records. */
const LIST: Script = {
  name: 'nearhitListKeys',
  lua: `
local ids = redis.call('ZREVRANGEBYLEX', KEYS[1] .. ARGV[1], ARGV[2], '-', 'LIMIT', 0, ARGV[3])
local out = {}
for at, id in ipairs(ids) do out[at] = redis.call('HGET', KEYS[1] .. 'records', id) end
return out`,
};

/** id, record (absent: it goes), revision. */
const PUT_TENANT: Script = {
  name: 'nearhitPutTenant',
  lua: `
redis.call('HSET', KEYS[1] .. 'tenants', ARGV[1], ARGV[2])
redis.call('SET', KEYS[1] .. 'revision', ARGV[3])
return 1`,
};

const DELETE_TENANT: Script = {
  name: 'nearhitDeleteTenant',
  lua: `
local had = redis.call('HDEL', KEYS[1] .. 'tenants', ARGV[1])
if had == 1 then redis.call('SET', KEYS[1] .. 'revision', ARGV[2]) end
return had`,
};

export class RedisKeys implements KeyStore {
  readonly #commands: Commands;
  readonly #base: string;

  constructor(commands: Commands, base: string) {
    this.#commands = commands;
    this.#base = base;
    for (const script of [PUT, DELETE, BY_HASH, LIST, PUT_TENANT, DELETE_TENANT]) commands.define(script);
  }

  async get(id: string): Promise<ApiKeyRecord | undefined> {
    return parsed(await this.#commands.run((client) => client.hget(`${this.#base}records`, id)));
  }

  async byHash(hash: string): Promise<ApiKeyRecord | undefined> {
    return parsed(await this.#commands.script<Buffer | null>(BY_HASH, this.#base, hash));
  }

  async list(
    { tenant }: { readonly tenant?: string | undefined },
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<KeyPage> {
    const from = cursor === undefined ? '+' : `(${keyCursor(cursor)}`;
    const ids = tenant === undefined ? 'ids' : `ids:${tenant}`;
    const found = await this.#commands.script<Buffer[]>(LIST, this.#base, ids, from, limit + 1);
    return keyPage(
      found.map((record) => JSON.parse(String(record)) as ApiKeyRecord),
      limit,
    );
  }

  async put(record: ApiKeyRecord): Promise<boolean> {
    return (await this.#commands.script<number>(PUT, this.#base, JSON.stringify(record), randomUUID())) === 1;
  }

  async delete(id: string): Promise<boolean> {
    return (await this.#commands.script<number>(DELETE, this.#base, id, randomUUID())) === 1;
  }

  async tenant(id: string): Promise<TenantRecord | undefined> {
    return parsed(await this.#commands.run((client) => client.hget(`${this.#base}tenants`, id)));
  }

  async tenants(): Promise<TenantRecord[]> {
    const found = await this.#commands.run((client) => client.hvals(`${this.#base}tenants`));
    return found.map((record) => JSON.parse(record) as TenantRecord).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async putTenant(record: TenantRecord): Promise<void> {
    await this.#commands.script(PUT_TENANT, this.#base, record.id, JSON.stringify(record), randomUUID());
  }

  async deleteTenant(id: string): Promise<boolean> {
    return (await this.#commands.script<number>(DELETE_TENANT, this.#base, id, randomUUID())) === 1;
  }

  async revision(): Promise<string> {
    return (await this.#commands.run((client) => client.get(`${this.#base}revision`))) ?? '';
  }
}

const parsed = <T>(record: string | Buffer | null): T | undefined =>
  record === null ? undefined : (JSON.parse(String(record)) as T);
