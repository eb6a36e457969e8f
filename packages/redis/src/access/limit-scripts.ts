import type { Script } from '../commands.ts';

/**
 * Keys of a tenant, all under one hash tag; `S` is a subject (`key:<id>`):
 * `w:S` hash: the window that runs: id, requests (thousandths), tokens; gone when it is over;
 * `l:S` by score: leases and until when they are held; `a:S` hash: what each has set aside, and the sum of it under `+`;
 * `d:S:<day>`, `m:S:<month>` what was spent; `s:<lease>` settled already.
 * The clock is that of Redis. Money goes in and out as whole numbers in text: a Lua number has 53 bits.
 */
const SHARED = `
local B = KEYS[1]
local q = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local day = math.floor(time[1] / 86400)
local function whole(n) return string.format('%.0f', n) end

-- Months since the year 0, after Howard Hinnant's civil_from_days.
local function monthOf(days)
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local m = mp < 10 and mp + 2 or mp - 10
  local y = yoe + era * 400
  if m <= 1 then y = y + 1 end
  return y * 12 + m
end
local month = monthOf(day)

local function release(id, lease)
  redis.call('ZREM', B .. 'l:' .. id, lease)
  local amount = redis.call('HGET', B .. 'a:' .. id, lease)
  if not amount then return end
  redis.call('HDEL', B .. 'a:' .. id, lease)
  redis.call('HINCRBY', B .. 'a:' .. id, '+', '-' .. amount)
end

local function lapse(id)
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', B .. 'l:' .. id, '-inf', now)) do release(id, lease) end
end

local function hold(id, lease, amount)
  redis.call('ZADD', B .. 'l:' .. id, now + q.leaseMs, lease)
  redis.call('PEXPIRE', B .. 'l:' .. id, q.leaseMs * 2)
  if amount ~= '0' and redis.call('HSETNX', B .. 'a:' .. id, lease, amount) == 1 then
    redis.call('HINCRBY', B .. 'a:' .. id, '+', amount)
  end
  redis.call('PEXPIRE', B .. 'a:' .. id, q.leaseMs * 2)
end

local function count(id, field, amount)
  local key = B .. 'w:' .. id
  if redis.call('HSETNX', key, 'id', whole(now)) == 1 then redis.call('PEXPIRE', key, q.windowMs) end
  redis.call('HINCRBY', key, field, whole(amount))
end

local function windowOf(id)
  local found = redis.call('HMGET', B .. 'w:' .. id, 'id', 'r', 't')
  return found[1] or '0', tonumber(found[2] or 0), tonumber(found[3] or 0)
end

local function moneyOf(id)
  return redis.call('GET', B .. 'd:' .. id .. ':' .. day) or '0',
    redis.call('GET', B .. 'm:' .. id .. ':' .. month) or '0',
    redis.call('HGET', B .. 'a:' .. id, '+') or '0'
end

local function resetMs(id)
  local left = redis.call('PTTL', B .. 'w:' .. id)
  return left < 0 and 0 or math.max(left, 1)
end

local function answer(subject, limit, retryMs)
  local out = { subject, limit, whole(retryMs), whole(now) }
  for _, s in ipairs(q.subjects) do
    local window, requests, tokens = windowOf(s.id)
    local spentDay, spentMonth, reserved = moneyOf(s.id)
    for _, one in ipairs({ whole(requests), whole(tokens), window, whole(resetMs(s.id)),
      whole(redis.call('ZCARD', B .. 'l:' .. s.id)), spentDay, spentMonth, reserved }) do
      out[#out + 1] = one
    end
  end
  return out
end

-- A window that has not begun lasts as long as one.
local function nextWindowMs(id)
  local left = resetMs(id)
  return left == 0 and q.windowMs or left
end
`;

/** {subjects: [{id, rpm?, concurrent?}], lease, leaseMs, windowMs}. */
export const ENTER: Script = {
  name: 'nearhitLimitEnter',
  lua: `${SHARED}
for at, s in ipairs(q.subjects) do
  lapse(s.id)
  local _, requests = windowOf(s.id)
  if s.rpm and requests + 1000 > s.rpm * 1000 then return answer(at, 'rpm', nextWindowMs(s.id)) end
  if s.concurrent and redis.call('ZCARD', B .. 'l:' .. s.id) >= s.concurrent then return answer(at, 'concurrent', 1000) end
end
for _, s in ipairs(q.subjects) do
  if s.rpm then count(s.id, 'r', 1000) end
  if s.concurrent then hold(s.id, q.lease, '0') end
end
return answer(0, '', 0)`,
};

/** {subjects: [{id, tpm?, tokens, day?, month?}], lease, nano, leaseMs, windowMs}; money as text. */
export const RESERVE: Script = {
  name: 'nearhitLimitReserve',
  lua: `${SHARED}
for at, s in ipairs(q.subjects) do
  lapse(s.id)
  local _, _, tokens = windowOf(s.id)
  if s.tpm and tokens + s.tokens > s.tpm then return answer(at, 'tpm', nextWindowMs(s.id)) end
  if s.day or s.month then
    local spentDay, spentMonth, reserved = moneyOf(s.id)
    local more = tonumber(reserved) + tonumber(q.nano)
    if s.month and tonumber(spentMonth) + more > tonumber(s.month) then return answer(at, 'nanoUsdMonth', 0) end
    if s.day and tonumber(spentDay) + more > tonumber(s.day) then return answer(at, 'nanoUsdDay', 0) end
  end
end
for _, s in ipairs(q.subjects) do
  if s.tpm then count(s.id, 't', s.tokens) end
  if s.day or s.month then hold(s.id, q.lease, q.nano) end
end
return answer(0, '', 0)`,
};

/** {lease, nano, subjects: [{id, entered, back, reserved, tokens}], windowMs, keepMs}; windows and money as text. */
export const SETTLE: Script = {
  name: 'nearhitLimitSettle',
  lua: `${SHARED}
for _, s in ipairs(q.subjects) do release(s.id, q.lease) end
if not redis.call('SET', B .. 's:' .. q.lease, '1', 'NX', 'PX', q.keepMs) then return 0 end
local function spend(key, seconds)
  redis.call('INCRBY', key, q.nano)
  redis.call('EXPIRE', key, seconds)
end
for _, s in ipairs(q.subjects) do
  local window, requests = windowOf(s.id)
  if s.back > 0 and window == s.entered and window ~= '0' then count(s.id, 'r', -math.min(s.back, requests)) end
  if s.tokens > 0 then count(s.id, 't', s.tokens) end
  if s.tokens < 0 and window == s.reserved and window ~= '0' then count(s.id, 't', s.tokens) end
  if q.nano ~= '0' then
    spend(B .. 'd:' .. s.id .. ':' .. day, 3 * 86400)
    spend(B .. 'm:' .. s.id .. ':' .. month, 62 * 86400)
  end
end
return 1`,
};

/** {leases: [{lease, nano, subjects: [id]}], leaseMs}. */
export const RENEW: Script = {
  name: 'nearhitLimitRenew',
  lua: `${SHARED}
for _, one in ipairs(q.leases) do
  for _, id in ipairs(one.subjects) do hold(id, one.lease, one.nano) end
end
return 0`,
};

/** {subjects: [{id}]}. */
export const USE: Script = {
  name: 'nearhitLimitUse',
  lua: `${SHARED}
for _, s in ipairs(q.subjects) do lapse(s.id) end
return answer(0, '', 0)`,
};

export const LIMIT_SCRIPTS: readonly Script[] = [ENTER, RESERVE, SETTLE, RENEW, USE];
