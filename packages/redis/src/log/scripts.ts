import type { Script } from '../commands.ts';

/**
 * Keys of the log: `head` (hash: epoch, seq, run), `changes` (stream with ids <seq>-0), `policies` (hash),
 * `invalidations` (by score: when). All share one hash tag, so that a change and its record are one step.
 */
export const SHARED = `
local B = KEYS[1]
local function head(candidate)
  local found = redis.call('HMGET', B .. 'head', 'epoch', 'seq', 'run')
  local info = redis.pcall('INFO', 'server')
  local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or found[3] or ''
  if not found[1] then
    redis.call('DEL', B .. 'changes')
    redis.call('HSET', B .. 'head', 'epoch', candidate, 'seq', 0, 'run', run)
    return candidate, 0
  end
  local seq = tonumber(found[2])
  if run ~= found[3] then
    -- The server before this one may have lost its last moments; numbers that were read by someone do not come again.
    -- A record stands behind the gap, so that followers come upon it now and not with the next change.
    seq = seq + 1048576
    redis.call('XADD', B .. 'changes', string.format('%.0f', seq) .. '-0', 'c', 'p')
    redis.call('HSET', B .. 'head', 'seq', string.format('%.0f', seq), 'run', run)
  end
  return found[1], seq
end
local function append(candidate, records, from)
  local _, seq = head(candidate)
  for i = from, #records do
    seq = seq + 1
    redis.call('XADD', B .. 'changes', string.format('%.0f', seq) .. '-0', 'c', records[i])
  end
  if #records >= from then redis.call('HSET', B .. 'head', 'seq', string.format('%.0f', seq)) end
  return seq
end
`;

/** epoch should there be none, records. Answers the last sequence number. */
export const APPEND: Script = { name: 'nearhitAppend', lua: `${SHARED}return append(ARGV[1], ARGV, 2)` };

/** epoch should there be none. Answers epoch, last sequence number, id of the first record (absent: none). */
export const BOUNDS: Script = {
  name: 'nearhitBounds',
  lua: `${SHARED}
local epoch, seq = head(ARGV[1])
local first = redis.call('XRANGE', B .. 'changes', '-', '+', 'COUNT', 1)
return { epoch, string.format('%.0f', seq), first[1] and first[1][1] or false }`,
};

/** epoch should there be none, field, record of the policy, record of the log. */
export const PUT_POLICY: Script = {
  name: 'nearhitPutPolicy',
  lua: `${SHARED}
redis.call('HSET', B .. 'policies', ARGV[2], ARGV[3])
return append(ARGV[1], ARGV, 4)`,
};

/** epoch should there be none, field, record of the log. Answers 1 when there was one. */
export const DELETE_POLICY: Script = {
  name: 'nearhitDeletePolicy',
  lua: `${SHARED}
if redis.call('HDEL', B .. 'policies', ARGV[2]) == 0 then return 0 end
append(ARGV[1], ARGV, 3)
return 1`,
};

/** epoch should there be none, when, the invalidation, from when on they are kept, at most so many, record of the log. */
export const INVALIDATE: Script = {
  name: 'nearhitInvalidate',
  lua: `${SHARED}
local key = B .. 'invalidations'
redis.call('ZADD', key, ARGV[2], ARGV[3])
local folded = redis.call('ZCOUNT', key, '-inf', '(' .. ARGV[4])
local over = redis.call('ZCARD', key) - tonumber(ARGV[5])
if over > 0 and folded < over + 1 then folded = over + 1 end
if folded > 0 then
  -- Too old or too many: they become one that voids everything asked for before.
  local at = redis.call('ZRANGE', key, folded - 1, folded - 1, 'WITHSCORES')[2]
  redis.call('ZREMRANGEBYRANK', key, 0, folded - 1)
  redis.call('ZADD', key, at, '{"filter":{},"atMs":' .. at .. '}')
end
return append(ARGV[1], ARGV, 6)`,
};

export const LOG_SCRIPTS: readonly Script[] = [APPEND, BOUNDS, PUT_POLICY, DELETE_POLICY, INVALIDATE];
