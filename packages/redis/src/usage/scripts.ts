import type { Script } from '../commands.ts';

/**
 * Every script works on one shard; KEYS[1] is what its key names begin with. There:
 *   records     hash id -> the record (MessagePack); an id that is here was counted
 *   order       sorted by bytes: positions (end of the request as 12 hex digits, id)
 *   days        sorted: day number -> day
 *   d:<day>     hash: <term> -> key of the sums (JSON), <term>:<n> -> the n-th sum, a whole number of 64 bits
 *   forgotten   records that ended before this instant are no longer known
 */

/**
 * groups ([day, day number, term, key] each) and rows ([id, position, end, number of its group, counters] each), both
 * MessagePack; then the record of each row. Answers how many were new.
 */
export const APPEND_USAGE: Script = {
  name: 'nearhitAppendUsage',
  lua: `
local B = KEYS[1]
local groups = cmsgpack.unpack(ARGV[1])
local forgotten = tonumber(redis.call('GET', B .. 'forgotten') or '0')
local sums = {}
local count = 0
for i, row in ipairs(cmsgpack.unpack(ARGV[2])) do
  if row[3] >= forgotten and redis.call('HSETNX', B .. 'records', row[1], ARGV[i + 2]) == 1 then
    redis.call('ZADD', B .. 'order', 0, row[2])
    local sum = sums[row[4]]
    if not sum then
      sum = {}
      sums[row[4]] = sum
    end
    for n, value in ipairs(row[5]) do sum[n] = (sum[n] or 0) + value end
    count = count + 1
  end
end
for at, sum in pairs(sums) do
  local day, number, term, key = unpack(groups[at])
  local place = B .. 'd:' .. day
  redis.call('ZADD', B .. 'days', number, day)
  redis.call('HSETNX', place, term, key)
  for n, value in ipairs(sum) do
    if value ~= 0 then redis.call('HINCRBY', place, term .. ':' .. n, string.format('%.0f', value)) end
  end
end
return count`,
};

/** bound, position of the bound, at most so many. Answers how many records it has forgotten. */
export const FORGET_USAGE: Script = {
  name: 'nearhitForgetUsage',
  lua: `
local B = KEYS[1]
if tonumber(ARGV[1]) > tonumber(redis.call('GET', B .. 'forgotten') or '0') then
  redis.call('SET', B .. 'forgotten', ARGV[1])
end
local gone = redis.call('ZRANGEBYLEX', B .. 'order', '-', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])
for _, position in ipairs(gone) do
  redis.call('ZREM', B .. 'order', position)
  redis.call('HDEL', B .. 'records', string.sub(position, 13))
end
return #gone`,
};

/** Number of the first day that stays. */
export const FORGET_USAGE_DAYS: Script = {
  name: 'nearhitForgetUsageDays',
  lua: `
local B = KEYS[1]
for _, day in ipairs(redis.call('ZRANGEBYSCORE', B .. 'days', '-inf', '(' .. ARGV[1])) do
  redis.call('UNLINK', B .. 'd:' .. day)
  redis.call('ZREM', B .. 'days', day)
end
return 0`,
};

export const USAGE_SCRIPTS: readonly Script[] = [APPEND_USAGE, FORGET_USAGE, FORGET_USAGE_DAYS];
