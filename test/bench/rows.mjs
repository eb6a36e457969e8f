import { originals } from './questions.mjs';

const asOriginal = (text) => ({ text, original: text });
/** More than the first layer may hold in the second gateway, few enough to be asked first. */
export const STORED_COUNT = 256;
export const stored = { kind: 'numbered', count: STORED_COUNT };
const asked = { kind: 'fixed', list: originals.map(asOriginal) };

/**
 * What is measured. `target`: which process; `floor`: the row that says what the platform itself costs;
 * `expect`: the headers that the gateway must answer with; anything else is an error.
 * `paraphrases`: [{original, text}] that hit by meaning.
 */
export function rowsFor(paraphrases) {
  const repeated = { kind: 'fixed', list: paraphrases };
  const respaced = { kind: 'respaced', list: paraphrases };
  // A text that is missed once must not be stored: it would hit another entry, or another layer, from then on.
  const onlyFromCache = { 'x-nearhit-cache': 'only' };
  const hit = (layer) => ({ cache: 'hit', layer });
  const row = (id, name, target, rest) => ({ id, name, target, headers: {}, checkAnswer: true, ...rest });
  return [
    row('floor-pass', 'floor: node:http + undici.Pool', 'floorPass', { texts: asked, expect: {} }),
    row('pass', 'pass-through (cache off)', 'main', {
      texts: asked,
      headers: { 'x-nearhit-cache': 'off' },
      expect: { cache: 'bypass' },
      floor: 'floor-pass',
    }),
    row('floor-lru', 'floor: node:http + SHA-256 + LRU', 'floorLru', { texts: asked, expect: {}, checkAnswer: false }),
    row('l1', 'exact hit, memory', 'main', { texts: asked, expect: hit('l1'), floor: 'floor-lru' }),
    row('l2', 'exact hit, LMDB', 'small', { texts: stored, expect: hit('l2'), floor: 'floor-lru' }),
    row('semantic', 'semantic hit', 'main', {
      texts: respaced,
      headers: onlyFromCache,
      expect: hit('semantic'),
      floor: 'floor-lru',
    }),
    row('memo', 'semantic hit, text seen before', 'main', {
      texts: repeated,
      headers: onlyFromCache,
      expect: hit('semantic'),
      floor: 'floor-lru',
    }),
    row('miss', 'miss, cache on', 'writes', { texts: { kind: 'new' }, expect: { cache: 'miss' }, floor: 'floor-pass' }),
  ];
}
