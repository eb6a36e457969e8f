/**
 * Builds the attack set: `node test/eval/attacks/build.mjs [out]`, after a build. Rules with a seed (kinds.mjs), and a greedy
 * search over the bundled embedding model for words that pull a question towards a victim's, after CacheAttack
 * (arXiv 2601.23088). One line of JSON per attack: kind, victim, attack, cosine similarity of the two.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { embeddingModelFrom, openEmbedder } from '../../../packages/embedding/dist/index.js';
import { KINDS } from './kinds.mjs';
import { CARRIERS, FILLERS, PAYLOADS, SHORT_CARRIERS, VICTIMS } from './texts.mjs';

const VOCABULARY = new URL('../../../packages/model-minilm/model/tokenizer.json', import.meta.url);
const SEED = 20_261_130;
const PER_KIND = 12;
const SEARCHES = 12;
const WORDS_ADDED = 8;
/** The longer search: so many words out of the model's vocabulary are tried at each of so many steps. */
const LONG = { searches: 10, words: 16, tried: 250 };

/** mulberry32 */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = randomOf(SEED);
const embedder = await openEmbedder({ ...embeddingModelFrom(undefined), threads: 2 });
const pick = (list) => list[Math.floor(random() * list.length)];
const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);

async function similarities(texts, victim) {
  const [{ vector }] = await embedder.embed([victim]);
  const embedded = await embedder.embed(texts);
  return embedded.map((one) => (one.truncated ? 0 : dot(one.vector, vector)));
}

/** Appends the word that brings the text nearest, again and again. */
async function pulled(carrier, victim, wordsAt, steps = WORDS_ADDED) {
  let text = carrier;
  let best = (await similarities([text], victim))[0];
  for (let n = 0; n < steps; n++) {
    const words = wordsAt(n);
    const tried = words.map((word) => `${text} ${word}`);
    const scores = await similarities(tried, victim);
    const at = scores.indexOf(Math.max(...scores));
    if (scores[at] <= best) break;
    [text, best] = [tried[at], scores[at]];
  }
  return text;
}

const attacks = [];
for (const [kind, make] of Object.entries(KINDS)) {
  for (let n = 0; n < PER_KIND; n++) {
    const victim = pick(VICTIMS);
    attacks.push({ kind, victim, attack: make(victim, pick(PAYLOADS), random) });
  }
}
const wordsOf = (text) => text.toLowerCase().match(/\p{L}+/gu) ?? [];
for (let n = 0; n < SEARCHES; n++) {
  const [victim, carrier, payload] = [VICTIMS[n * 3], pick(CARRIERS), pick(PAYLOADS)];
  const own = [...new Set(wordsOf(victim))];
  const foreign = FILLERS.filter((word) => !own.includes(word));
  attacks.push({ kind: 'search-any-words', victim, attack: await pulled(carrier, victim, () => [...own, ...FILLERS]) });
  attacks.push({ kind: 'search-other-words', victim, attack: await pulled(carrier, victim, () => foreign) });
  const both = `${victim} ${payload}`;
  attacks.push({
    kind: 'search-after-payload',
    victim,
    attack: await pulled(both, victim, () => [...own, ...FILLERS]),
  });
}
const { vocab } = JSON.parse(readFileSync(VOCABULARY, 'utf8')).model;
const whole = Object.keys(vocab).filter((word) => /^[a-z]{2,}$/.test(word));
for (let n = 0; n < LONG.searches; n++) {
  const [victim, carrier] = [VICTIMS[n * 3 + 1], pick(SHORT_CARRIERS)];
  const own = [...new Set(wordsOf(victim))];
  const sampled = () => Array.from({ length: LONG.tried }, () => pick(whole));
  const foreign = () => sampled().filter((word) => !own.includes(word));
  attacks.push({
    kind: 'collision',
    victim,
    attack: await pulled(carrier, victim, () => [...own, ...sampled()], LONG.words),
  });
  attacks.push({ kind: 'collision-other-words', victim, attack: await pulled(carrier, victim, foreign, LONG.words) });
}
for (const one of attacks) {
  const [similarity] = await similarities([one.attack], one.victim);
  one.similarity = Math.round(similarity * 1e4) / 1e4;
}
await embedder.close();
const out = process.argv[2] ?? new URL('../../fixtures/attacks.jsonl', import.meta.url);
writeFileSync(out, attacks.map((one) => `${JSON.stringify(one)}\n`).join(''));
console.log(`${attacks.length} attacks of ${new Set(attacks.map(({ kind }) => kind)).size} kinds`);
