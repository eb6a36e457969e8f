import { originals } from './questions.mjs';

const asOriginal = (text) => ({ text, original: text });
/** Few enough to be asked first. */
export const STORED_COUNT = 256;
export const stored = { kind: 'numbered', count: STORED_COUNT };
const asked = { kind: 'fixed', list: originals.map(asOriginal) };

const respacedOf = (list) => ({ kind: 'respaced', list });
const fixed = (list) => ({ kind: 'fixed', list });
const fresh = { kind: 'new' };
const hit = (layer) => ({ cache: 'hit', layer });
const row = (id, name, target, rest) => ({ id, name, target, headers: {}, checkAnswer: true, ...rest });
const floor = (id, name, target) => row(id, `floor: ${name}`, target, { texts: asked, expect: {}, checkAnswer: false });
// A text that is missed once must not be stored: it would hit another entry, or another layer, from then on.
const onlyFromCache = { 'x-nearhit-cache': 'only' };

/**
 * What is measured. `target`: which process; `floor`: the row that says what the platform itself costs; `rival`: another gateway;
 * `expect`: the headers that the gateway must answer with; anything else is an error.
 * `paraphrases`: [{original, text}] that hit by meaning. `leaves`: what a round leaves to do after its last answer
 * counts too: `all` of it, or what its own process does (`own`).
 */
export function embeddedRows(paraphrases) {
  const byMeaning = { headers: onlyFromCache, expect: hit('semantic'), floor: 'floor-lru' };
  return [
    row('floor-pass', 'floor: node:http + undici.Pool', 'floorPass', { texts: asked, expect: {} }),
    row('pass', 'pass-through (cache off)', 'main', {
      texts: asked,
      headers: { 'x-nearhit-cache': 'off' },
      expect: { cache: 'bypass' },
      floor: 'floor-pass',
    }),
    floor('floor-lru', 'node:http + SHA-256 + LRU', 'floorLru'),
    row('l1', 'exact hit, memory', 'main', { texts: asked, expect: hit('l1'), floor: 'floor-lru' }),
    row('l2', 'exact hit, LMDB', 'small', { texts: stored, expect: hit('l2'), floor: 'floor-lru' }),
    row('semantic', 'semantic hit', 'main', { texts: respacedOf(paraphrases), ...byMeaning }),
    row('memo', 'semantic hit, text seen before', 'main', { texts: fixed(paraphrases), ...byMeaning }),
    row('miss', 'miss, cache on', 'writes', {
      texts: fresh,
      expect: { cache: 'miss' },
      floor: 'floor-pass',
      leaves: 'all',
    }),
  ];
}

/** The gateway as a gateway: the cache off, so that what is left is authentication, routing, limits and accounts. */
export function gatewayRows() {
  const past = {
    texts: asked,
    headers: { 'x-nearhit-cache': 'off' },
    expect: { cache: 'bypass' },
    floor: 'floor-pass',
  };
  return [
    row('floor-pass', 'floor: node:http + undici.Pool', 'floorPass', { texts: asked, expect: {} }),
    row('gw-plain', 'gateway: no keys, one target', 'gwPlain', { ...past, rival: 'portkey' }),
    row('gw-full', 'gateway: key with limits, two targets, accounts', 'gwFull', { ...past, rival: 'portkey' }),
    row('portkey', '@portkey-ai/gateway, one target', 'portkey', { texts: asked, expect: {}, floor: 'floor-pass' }),
  ];
}

/** The same against an ingress with Redis and the other services behind it; targets and ids begin with `d-`. */
export function distributedRows(paraphrases) {
  const byMeaning = { headers: onlyFromCache, expect: hit('semantic'), floor: 'floor-redis' };
  // Beside the others, whose index keeps its size. Both kinds of misses meet the same entries.
  const writes = { 'x-nearhit-namespace': 'writes' };
  const missed = { texts: fresh, expect: { cache: 'miss' }, floor: 'floor-pass', leaves: 'own' };
  return [
    row('floor-pass', 'floor: node:http + undici.Pool', 'floorPass', { texts: asked, expect: {} }),
    row('d-pass', 'distributed: pass-through (cache off)', 'd-main', {
      texts: asked,
      headers: { 'x-nearhit-cache': 'off' },
      expect: { cache: 'bypass' },
      floor: 'floor-pass',
    }),
    floor('floor-lru', 'node:http + SHA-256 + LRU', 'floorLru'),
    row('d-l1', 'distributed: exact hit, memory', 'd-main', { texts: asked, expect: hit('l1'), floor: 'floor-lru' }),
    floor('floor-redis', 'node:http + SHA-256 + Redis GET', 'floorRedis'),
    floor('floor-redis-pipelined', 'the same, automatic pipelines', 'floorRedisPipelined'),
    row('d-l2', 'distributed: exact hit, Redis', 'd-small', { texts: stored, expect: hit('l2'), floor: 'floor-redis' }),
    row('d-semantic', 'distributed: semantic hit', 'd-main', { texts: respacedOf(paraphrases), ...byMeaning }),
    row('d-memo', 'distributed: semantic hit, text seen before', 'd-main', { texts: fixed(paraphrases), ...byMeaning }),
    row('d-miss', 'distributed: miss, cache on', 'd-main', { ...missed, headers: writes }),
    row('d-unstored', 'distributed: miss, not stored', 'd-main', {
      ...missed,
      headers: { ...writes, 'x-nearhit-ttl': '0' },
      firstQuestion: 10_000_000,
    }),
  ];
}
