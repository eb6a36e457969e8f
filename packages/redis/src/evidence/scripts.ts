import type { Script } from '../commands.ts';
import { SHARED } from '../log/scripts.ts';

/**
 * Beside the log, under its hash tag. Pairs: `pairs` (hash: id -> JSON), `pairs:at` (hash: id -> position and terms of its
 * scope and tenant), `pairs:order` and `pairs:of:<term>` (positions, sorted by name). Samples: `samples` (hash: number ->
 * JSON), `samples:ids` (hash: id -> number), `samples:at` (hash: number -> terms of its scope and tenant), `samples:order`
 * and `samples:of:<term>` (numbers, by themselves), `samples:seq`. Terms have 22 characters, a position 76. A change and
 * its record in the log are one step.
 */
const PAIRS = `
local function dropPair(id)
  local place = redis.call('HGET', B .. 'pairs:at', id)
  if not place then return false end
  local position = string.sub(place, 1, 76)
  redis.call('HDEL', B .. 'pairs', id)
  redis.call('HDEL', B .. 'pairs:at', id)
  redis.call('ZREM', B .. 'pairs:order', position)
  redis.call('ZREM', B .. 'pairs:of:' .. string.sub(place, 77, 98), position)
  redis.call('ZREM', B .. 'pairs:of:' .. string.sub(place, 99), position)
  return true
end
local function trimPairs(key, max, gone, records)
  while redis.call('ZCARD', key) > max do
    local oldest = string.sub(redis.call('ZRANGE', key, 0, 0)[1], 13)
    dropPair(oldest)
    gone[#gone + 1] = oldest
    records[#records + 1] = 'l' .. oldest
  end
end
`;

/** epoch should there be none, bounds per scope and tenant, then for each pair: id, position, terms of scope and tenant, JSON. */
export const PUT_PAIRS: Script = {
  name: 'nearhitPutPairs',
  lua: `${SHARED}${PAIRS}
local records, gone = {}, {}
for i = 4, #ARGV, 5 do
  local id, position, scope, tenant, record = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  dropPair(id)
  redis.call('HSET', B .. 'pairs', id, record)
  redis.call('HSET', B .. 'pairs:at', id, position .. scope .. tenant)
  redis.call('ZADD', B .. 'pairs:order', 0, position)
  redis.call('ZADD', B .. 'pairs:of:' .. scope, 0, position)
  redis.call('ZADD', B .. 'pairs:of:' .. tenant, 0, position)
  records[#records + 1] = 'l' .. id
  trimPairs(B .. 'pairs:of:' .. scope, tonumber(ARGV[2]), gone, records)
  trimPairs(B .. 'pairs:of:' .. tenant, tonumber(ARGV[3]), gone, records)
end
append(ARGV[1], records, 1)
return gone`,
};

/** epoch should there be none, ids. Answers how many there were. */
export const DELETE_PAIRS: Script = {
  name: 'nearhitDeletePairs',
  lua: `${SHARED}${PAIRS}
local records = {}
for i = 2, #ARGV do
  if dropPair(ARGV[i]) then records[#records + 1] = 'l' .. ARGV[i] end
end
append(ARGV[1], records, 1)
return #records`,
};

/** The first position to leave out (`+`: none), how many. Answers position, JSON, position, JSON ..., newest first. */
export const LIST_PAIRS: Script = {
  name: 'nearhitListPairs',
  lua: `
local B = KEYS[1]
local out = {}
for _, position in ipairs(redis.call('ZREVRANGEBYLEX', B .. 'pairs:order', ARGV[1], '-', 'LIMIT', 0, ARGV[2])) do
  out[#out + 1] = position
  out[#out + 1] = redis.call('HGET', B .. 'pairs', string.sub(position, 13))
end
return out`,
};

/** epoch should there be none, bounds per scope and tenant, record of the log, then for each: id, terms of scope and tenant, JSON. */
export const APPEND_SAMPLES: Script = {
  name: 'nearhitAppendSamples',
  lua: `${SHARED}
local function trim(key, max)
  while redis.call('ZCARD', key) > max do
    local seq = redis.call('ZRANGE', key, 0, 0)[1]
    local place = redis.call('HGET', B .. 'samples:at', seq)
    local id = cjson.decode(redis.call('HGET', B .. 'samples', seq)).id
    redis.call('HDEL', B .. 'samples', seq)
    redis.call('HDEL', B .. 'samples:at', seq)
    redis.call('HDEL', B .. 'samples:ids', id)
    redis.call('ZREM', B .. 'samples:order', seq)
    redis.call('ZREM', B .. 'samples:of:' .. string.sub(place, 1, 22), seq)
    redis.call('ZREM', B .. 'samples:of:' .. string.sub(place, 23), seq)
  end
end
local added = 0
for i = 5, #ARGV, 4 do
  local id, scope, tenant, record = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if redis.call('HEXISTS', B .. 'samples:ids', id) == 0 then
    local seq = string.format('%.0f', redis.call('INCR', B .. 'samples:seq'))
    redis.call('HSET', B .. 'samples', seq, record)
    redis.call('HSET', B .. 'samples:at', seq, scope .. tenant)
    redis.call('HSET', B .. 'samples:ids', id, seq)
    redis.call('ZADD', B .. 'samples:order', seq, seq)
    redis.call('ZADD', B .. 'samples:of:' .. scope, seq, seq)
    redis.call('ZADD', B .. 'samples:of:' .. tenant, seq, seq)
    trim(B .. 'samples:of:' .. scope, tonumber(ARGV[2]))
    trim(B .. 'samples:of:' .. tenant, tonumber(ARGV[3]))
    added = added + 1
  end
end
if added > 0 then append(ARGV[1], { ARGV[4] }, 1) end
return added`,
};

/** `samples:order` or `samples:of:<term>`, the number before the first, how many. Answers number, JSON, number, JSON ... */
export const READ_SAMPLES: Script = {
  name: 'nearhitReadSamples',
  lua: `
local B = KEYS[1]
local out = {}
for _, seq in ipairs(redis.call('ZRANGEBYSCORE', B .. ARGV[1], '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])) do
  out[#out + 1] = seq
  out[#out + 1] = redis.call('HGET', B .. 'samples', seq)
end
return out`,
};

export const EVIDENCE_SCRIPTS: readonly Script[] = [PUT_PAIRS, DELETE_PAIRS, LIST_PAIRS, APPEND_SAMPLES, READ_SAMPLES];
