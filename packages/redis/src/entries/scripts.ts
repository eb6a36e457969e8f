import type { Script } from '../commands.ts';

/**
 * Every script works on one shard; KEYS[1] is what its key names begin with. There:
 *   e:<id>        hash: h head, a answer, v vector; but for i:<identity> the only key that Redis may expire or evict
 *   rows          hash id -> position (44 bytes, keys.ts), MessagePack of creation, namespace term, bytes, worth, term of
 *                 the embedding model ('' when not semantic), uses, further terms, name of its identity if it has one. What
 *                 the index needs to be undone.
 *   l:<term>      sorted by bytes: positions; the newest-first lists
 *   expiry, rank:<namespace term>  by score (staleUntil; core's store/eviction.ts): members
 *   lru:<namespace term>           by last use: members from before there were ranks; their rows have no uses
 *   embedded      sorted by bytes: term of the embedding model, member
 *   usage         hash: n, b, t and c + namespace term -> entries, bytes, [tenant, namespace], clock of eviction
 *   unlogged      hash id -> token of the change
 *   i:<identity>  id (32 bytes), creation (double) of the newest entry with this identity. In the identity's shard, which
 *                 is seldom the entry's: written and removed after it, expires with it; may dangle.
 *   missing       set of ids that have a row and no entry any more
 */
const SHARED = `
local B = KEYS[1]
local function exact(number) return string.format('%.17g', number) end
local function usesOf(row) return type(row[6]) == 'number' and row[6] or nil end
local function putInOrder(namespace, member, uses, worth)
  local clock = tonumber(redis.call('HGET', B .. 'usage', 'c' .. namespace)) or 0
  redis.call('ZADD', B .. 'rank:' .. namespace, exact(clock + uses * worth), member)
end
local function drop(id, raw)
  local position, member = string.sub(raw, 1, 44), string.sub(raw, 7, 44)
  local row = cmsgpack.unpack(string.sub(raw, 45))
  local namespace = row[2]
  redis.call('HDEL', B .. 'rows', id)
  redis.call('ZREM', B .. 'expiry', member)
  redis.call('ZREM', B .. (usesOf(row) and 'rank:' or 'lru:') .. namespace, member)
  redis.call('ZREM', B .. 'l:all', position)
  redis.call('ZREM', B .. 'l:' .. namespace, position)
  if row[5] ~= '' then redis.call('ZREM', B .. 'embedded', row[5] .. member) end
  local identity = ''
  for i = usesOf(row) and 7 or 6, #row do
    if string.sub(row[i], 1, 2) == 'i:' then identity = row[i] else redis.call('ZREM', B .. 'l:' .. row[i], position) end
  end
  if redis.call('HINCRBY', B .. 'usage', 'n' .. namespace, -1) <= 0 then
    redis.call('HDEL', B .. 'usage', 'n' .. namespace, 'b' .. namespace, 't' .. namespace)
  else
    redis.call('HINCRBY', B .. 'usage', 'b' .. namespace, -row[3])
  end
  return identity
end
`;

/** token, `put` or `update`; then per entry: see `writeArguments` in shards.ts. Answers the ids that were written. */
export const WRITE: Script = {
  name: 'nearhitWrite',
  lua: `${SHARED}
local token, update = ARGV[1], ARGV[2] == 'update'
local written = {}
local i = 3
while i <= #ARGV do
  local id, position, created, stale = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local namespace, names, bytes, worth, model = ARGV[i + 4], ARGV[i + 5], tonumber(ARGV[i + 6]), tonumber(ARGV[i + 7]), ARGV[i + 8]
  local ttl, head, answer, vector = ARGV[i + 9], ARGV[i + 10], ARGV[i + 11], ARGV[i + 12]
  local identity, terms = ARGV[i + 13], tonumber(ARGV[i + 14])
  local first = i + 15
  local uses = 1
  i = first + terms
  local raw = redis.call('HGET', B .. 'rows', id)
  local stored
  if raw and redis.call('EXISTS', B .. 'e:' .. id) == 1 then
    stored = tonumber(cmsgpack.unpack(string.sub(raw, 45))[1])
  end
  local may
  if update then may = stored == tonumber(created) else may = not stored or stored <= tonumber(created) end
  if may then
    local member = string.sub(position, 7, 44)
    if raw then
      if stored then uses = usesOf(cmsgpack.unpack(string.sub(raw, 45))) or 1 end
      drop(id, raw)
    end
    local row = { created, namespace, bytes, worth, model, uses }
    redis.call('ZADD', B .. 'l:all', 0, position)
    redis.call('ZADD', B .. 'l:' .. namespace, 0, position)
    for at = first, i - 1 do
      row[#row + 1] = ARGV[at]
      redis.call('ZADD', B .. 'l:' .. ARGV[at], 0, position)
    end
    if identity ~= '' then row[#row + 1] = identity end
    redis.call('HSET', B .. 'rows', id, position .. cmsgpack.pack(row))
    redis.call('ZADD', B .. 'expiry', stale, member)
    putInOrder(namespace, member, uses, worth)
    if model ~= '' then redis.call('ZADD', B .. 'embedded', 0, model .. member) end
    redis.call('HINCRBY', B .. 'usage', 'n' .. namespace, 1)
    redis.call('HINCRBY', B .. 'usage', 'b' .. namespace, bytes)
    redis.call('HSET', B .. 'usage', 't' .. namespace, names)
    local entry = B .. 'e:' .. id
    redis.call('DEL', entry)
    redis.call('HSET', entry, 'h', head, 'a', answer)
    if vector ~= '' then redis.call('HSET', entry, 'v', vector) end
    redis.call('PEXPIRE', entry, ttl)
    redis.call('HSET', B .. 'unlogged', id, token)
    written[#written + 1] = id
  end
end
return written`,
};

/**
 * token, then per entry its id and a condition: '' for none, the member that it must still have, or '?' for one whose
 * entry must be gone. Answers the ids that were removed, each with the name of its identity or ''.
 */
export const REMOVE: Script = {
  name: 'nearhitRemove',
  lua: `${SHARED}
local removed = {}
for i = 2, #ARGV, 2 do
  local id, condition = ARGV[i], ARGV[i + 1]
  local raw = redis.call('HGET', B .. 'rows', id)
  local entry = B .. 'e:' .. id
  if condition == '?' then redis.call('SREM', B .. 'missing', id) end
  if raw and (condition == '' or (condition == '?' and redis.call('EXISTS', entry) == 0) or condition == string.sub(raw, 7, 44)) then
    local identity = drop(id, raw)
    redis.call('UNLINK', entry)
    redis.call('HSET', B .. 'unlogged', id, ARGV[1])
    removed[#removed + 1] = id
    removed[#removed + 1] = identity
  end
end
return removed`,
};

/** Name of an identity, what it is to hold (keys.ts), time to live. What a newer entry has written stays. */
export const IDENTIFY: Script = {
  name: 'nearhitIdentify',
  lua: `
local B = KEYS[1]
for i = 1, #ARGV, 3 do
  local key, value = B .. ARGV[i], ARGV[i + 1]
  local held = redis.call('GET', key)
  if not held or #held ~= #value or struct.unpack('>d', held, 33) <= struct.unpack('>d', value, 33) then
    redis.call('SET', key, value, 'PX', ARGV[i + 2])
  end
end
return 0`,
};

/** Name of an identity, id (32 bytes) that it must still hold to be removed. */
export const UNIDENTIFY: Script = {
  name: 'nearhitUnidentify',
  lua: `
local B = KEYS[1]
for i = 1, #ARGV, 2 do
  local key = B .. ARGV[i]
  local held = redis.call('GET', key)
  if held and string.sub(held, 1, 32) == ARGV[i + 1] then redis.call('UNLINK', key) end
end
return 0`,
};

/** Ids. Answers those that have a row but no entry: Redis has dropped it. They are also noted for the next sweep. */
export const MISSING: Script = {
  name: 'nearhitMissing',
  lua: `
local B = KEYS[1]
local missing = {}
for _, id in ipairs(ARGV) do
  if redis.call('EXISTS', B .. 'e:' .. id) == 0 and redis.call('HEXISTS', B .. 'rows', id) == 1 then
    redis.call('SADD', B .. 'missing', id)
    missing[#missing + 1] = id
  end
end
return missing`,
};

/** Ids. Answers their heads in order: one command for many, because replies cost the caller more than Redis. */
export const HEADS: Script = {
  name: 'nearhitHeads',
  lua: `
local B = KEYS[1]
local heads = {}
for i = 1, #ARGV do heads[i] = redis.call('HGET', B .. 'e:' .. ARGV[i], 'h') end
return heads`,
};

/** Ids with how often they were served since. A row from before there were ranks is left where it is. */
export const TOUCH: Script = {
  name: 'nearhitTouch',
  lua: `${SHARED}
for i = 1, #ARGV, 2 do
  local raw = redis.call('HGET', B .. 'rows', ARGV[i])
  local row = raw and cmsgpack.unpack(string.sub(raw, 45))
  if row and usesOf(row) then
    row[6] = row[6] + tonumber(ARGV[i + 1])
    redis.call('HSET', B .. 'rows', ARGV[i], string.sub(raw, 1, 44) .. cmsgpack.pack(row))
    putInOrder(row[2], string.sub(raw, 7, 44), row[6], row[4])
  end
end
return 0`,
};

/** Namespace term, rank: the clock of eviction is at least this. */
export const CLOCK: Script = {
  name: 'nearhitClock',
  lua: `
local usage, field = KEYS[1] .. 'usage', 'c' .. ARGV[1]
if tonumber(ARGV[2]) > (tonumber(redis.call('HGET', usage, field)) or 0) then redis.call('HSET', usage, field, ARGV[2]) end
return 0`,
};

/** Ids with the token that their mark must still carry to be taken away. */
export const LOGGED: Script = {
  name: 'nearhitLogged',
  lua: `
local B = KEYS[1]
for i = 1, #ARGV, 2 do
  if redis.call('HGET', B .. 'unlogged', ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', B .. 'unlogged', ARGV[i]) end
end
return 0`,
};

export const ENTRY_SCRIPTS: readonly Script[] = [
  ...[WRITE, REMOVE, IDENTIFY, UNIDENTIFY, MISSING, HEADS, TOUCH, CLOCK, LOGGED],
];
