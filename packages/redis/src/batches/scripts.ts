import type { Script } from '../commands.ts';
import { HOLD_LEASE, RELEASE_LEASE } from '../lease-scripts.ts';

/**
 * Keys, all of one slot: `records` and `versions` (hashes by id), `open` (set of ids), `ended` and `of:<tenant>` (by score:
 * creation). A batch's results and its lease are in a slot of their own.
 */

/** id, tenant, record, creation. Answers 0 when there is one already. */
export const CREATE_BATCH: Script = {
  name: 'nearhitCreateBatch',
  lua: `
local B = KEYS[1]
if redis.call('HSETNX', B .. 'records', ARGV[1], ARGV[3]) == 0 then return 0 end
redis.call('HSET', B .. 'versions', ARGV[1], ARGV[5])
redis.call('ZADD', B .. 'of:' .. ARGV[2], ARGV[4], ARGV[1])
if ARGV[6] == '1' then redis.call('ZADD', B .. 'ended', ARGV[4], ARGV[1]) else redis.call('SADD', B .. 'open', ARGV[1]) end
return 1`,
};

/** id, record, its version, creation, 1 when it has ended. Answers 1 when the version before it was there. */
export const REPLACE_BATCH: Script = {
  name: 'nearhitReplaceBatch',
  lua: `
local B = KEYS[1]
if redis.call('HGET', B .. 'versions', ARGV[1]) ~= string.format('%d', tonumber(ARGV[3]) - 1) then return 0 end
redis.call('HSET', B .. 'records', ARGV[1], ARGV[2])
redis.call('HSET', B .. 'versions', ARGV[1], ARGV[3])
if ARGV[5] == '1' then
  redis.call('SREM', B .. 'open', ARGV[1])
  redis.call('ZADD', B .. 'ended', ARGV[4], ARGV[1])
end
return 1`,
};

/** id, tenant. */
export const FORGET_BATCH: Script = {
  name: 'nearhitForgetBatch',
  lua: `
local B = KEYS[1]
redis.call('HDEL', B .. 'versions', ARGV[1])
redis.call('ZREM', B .. 'of:' .. ARGV[2], ARGV[1])
redis.call('ZREM', B .. 'ended', ARGV[1])
return redis.call('HDEL', B .. 'records', ARGV[1])`,
};

/** line, result, line, result ... */
export const PUT_RESULTS: Script = {
  name: 'nearhitPutResults',
  lua: `
for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 0`,
};

export const BATCH_SCRIPTS: readonly Script[] = [
  ...[CREATE_BATCH, REPLACE_BATCH, FORGET_BATCH],
  ...[HOLD_LEASE, RELEASE_LEASE, PUT_RESULTS],
];
