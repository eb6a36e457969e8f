import type { Script } from '../commands.ts';

/**
 * Keys, all of one slot: `records` (hash: id -> record), `drafts` and `expiry` (by score: when), `of:<tenant>` (by score:
 * creation). Pieces of a file are elsewhere, spread over the slots: `<prefix>:{file:<id>:<draft>}:<n>`.
 */

/** id, tenant, record, creation, expiry, draft. Answers the record that was there before. */
export const FINISH_FILE: Script = {
  name: 'nearhitFinishFile',
  lua: `
local B = KEYS[1]
local before = redis.call('HGET', B .. 'records', ARGV[1])
redis.call('HSET', B .. 'records', ARGV[1], ARGV[3])
redis.call('ZADD', B .. 'of:' .. ARGV[2], ARGV[4], ARGV[1])
redis.call('ZADD', B .. 'expiry', ARGV[5], ARGV[1])
redis.call('ZREM', B .. 'drafts', ARGV[6])
return before`,
};

/** id, tenant. Answers the record, or nothing. */
export const DELETE_FILE: Script = {
  name: 'nearhitDeleteFile',
  lua: `
local B = KEYS[1]
local record = redis.call('HGET', B .. 'records', ARGV[1])
redis.call('HDEL', B .. 'records', ARGV[1])
redis.call('ZREM', B .. 'of:' .. ARGV[2], ARGV[1])
redis.call('ZREM', B .. 'expiry', ARGV[1])
return record`,
};

export const FILE_SCRIPTS: readonly Script[] = [FINISH_FILE, DELETE_FILE];
