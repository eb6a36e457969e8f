/**
 * What eviction and admission keep of a stream: `node test/eval/eviction.mjs stream.jsonl trace.jsonl [runs]`, after a build.
 * The stream has `group` (which answer is right) and `prompt` per line; each answer gets the token counts of a line of the
 * trace (`in_tokens`, `out_tokens`), drawn with a seed. A repeat of a group is a hit by meaning (the decision is taken to be
 * right), of a prompt by word. Capacities are shares of the bytes of all answers. Prints hit rate and share of USD saved,
 * in per cent: mean over the runs.
 */
import { readFileSync } from 'node:fs';
import { Admission, rankOf, worthOf } from '../../packages/core/dist/index.js';

const [streamFile, traceFile, runsText = '5'] = process.argv.slice(2);
if (traceFile === undefined) {
  console.error('usage: node test/eval/eviction.mjs stream.jsonl trace.jsonl [runs]');
  process.exit(2);
}
const CAPACITIES = [0.02, 0.05, 0.1, 0.25];
const PRICE = { inUsd: 2.5e-6, outUsd: 1e-5 };
const CHARS_PER_TOKEN = 4;
/** Vector, head and frame of an answer. */
const FIXED_BYTES = 2600;
const T0 = 1_700_000_000_000;
const DAY_MS = 86_400_000;

const lines = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const trace = lines(traceFile);
const stream = lines(streamFile);

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

function answersOf(keys, random) {
  const answers = new Map();
  for (const key of keys) {
    if (answers.has(key)) continue;
    const { in_tokens, out_tokens } = trace[Math.floor(random() * trace.length)];
    const costUsd = in_tokens * PRICE.inUsd + out_tokens * PRICE.outUsd;
    const bytes = FIXED_BYTES + out_tokens * CHARS_PER_TOKEN;
    answers.set(key, { costUsd, bytes, worth: worthOf({ costUsd, createdAtMs: T0, expiresAtMs: T0 + DAY_MS }, bytes) });
  }
  return answers;
}

/** Least recently used; or core's rank, with and without admission. */
const STRATEGIES = {
  lru: { rank: (_held, now) => now },
  'size and use (GDSF, all costs equal)': { rank: (held, _, clock) => rankOf(clock, held.uses, 1 / held.bytes) },
  'value (GDSF)': { rank: (held, _, clock) => rankOf(clock, held.uses, held.worth) },
  'value, admission': { rank: (held, _, clock) => rankOf(clock, held.uses, held.worth), admits: true },
};

function run(strategy, keys, prompts, answers, capacity) {
  const held = new Map();
  const admission = strategy.admits ? new Admission() : undefined;
  let [bytes, clock, hits, saved, total] = [0, 0, 0, 0, 0];
  const lowest = () => {
    let found;
    for (const one of held.values()) if (found === undefined || one.rank < found.rank) found = one;
    return found;
  };
  keys.forEach((key, now) => {
    const answer = answers.get(key);
    total += answer.costUsd;
    const known = held.get(key);
    if (known !== undefined) {
      hits += 1;
      saved += answer.costUsd;
      known.uses += 1;
      known.rank = strategy.rank(known, now, clock);
      return;
    }
    const isFull = bytes + answer.bytes > capacity;
    if (admission !== undefined) {
      const victim = isFull ? lowest() : undefined;
      admission.setFloor('', victim && victim.uses * victim.worth);
      if (admission.refuses('', prompts[now], answer.worth)) return;
    }
    const entry = { key, uses: 1, rank: 0, ...answer };
    entry.rank = strategy.rank(entry, now, clock);
    held.set(key, entry);
    bytes += entry.bytes;
    while (bytes > capacity) {
      const victim = lowest();
      held.delete(victim.key);
      bytes -= victim.bytes;
      clock = Math.max(clock, strategy === STRATEGIES.lru ? 0 : victim.rank);
    }
  });
  return { hitRate: (100 * hits) / keys.length, savedShare: (100 * saved) / total };
}

const prompts = stream.map(({ prompt }) => prompt);
const runs = Number(runsText);
for (const [by, keys] of [
  ['by meaning', stream.map(({ group }) => group)],
  ['by word', prompts],
]) {
  console.log(`\n${by}: ${stream.length} requests, ${new Set(keys).size} answers; hit rate / USD saved, %`);
  console.log(
    `| | ${CAPACITIES.map((share) => `${share * 100} %`).join(' | ')} |\n|---|${CAPACITIES.map(() => '---|').join('')}`,
  );
  for (const [name, strategy] of Object.entries(STRATEGIES)) {
    const cells = CAPACITIES.map((share) => {
      let [hitRate, savedShare] = [0, 0];
      for (let seed = 1; seed <= runs; seed++) {
        const answers = answersOf(keys, randomOf(seed));
        const all = [...answers.values()].reduce((sum, one) => sum + one.bytes, 0);
        const result = run(strategy, keys, prompts, answers, share * all);
        hitRate += result.hitRate / runs;
        savedShare += result.savedShare / runs;
      }
      return `${hitRate.toFixed(1)} / ${savedShare.toFixed(1)}`;
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}
