import { factsOf, GUARDS, isSameText } from '@nearhit/core';
import { probabilityOf } from './verifier.mjs';

/** Cosine floor and number of candidates, as the gateway has them. */
const [FLOOR, NEIGHBOURS] = [0.7, 5];

const guards = GUARDS.filter(({ level }) => level === 'standard');

/** Mulberry32. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What guards and verifier make of a pair: `same` where it is the same question, undefined where it is refused at any bar. */
async function scoreOf(a, b, similarity, verifier) {
  const [x, y] = [factsOf(a), factsOf(b)];
  if (isSameText(x, y)) return 'same';
  if (!(similarity >= FLOOR) || guards.some((guard) => guard.differs(x, y) !== undefined)) return undefined;
  return probabilityOf(verifier, { a, b, similarity });
}

/**
 * Where requests come from. `stream(random).next(bar, apart, isShadow)`: what the next one finds at this bar: undefined (a miss), `exact`, or
 * the candidate `{ score, right, pair }` that is served; `apart`: pairs that are not served any more; in shadow nothing is.
 */
export async function worldOf(rows, vectors, verifier) {
  const isStream = rows[0]?.group !== undefined && rows[0]?.a === undefined;
  return isStream ? streamWorld(rows, vectors, verifier) : pairWorld(rows, vectors, verifier);
}

/** Every request has the candidate of a pair drawn with replacement. */
async function pairWorld(rows, vectors, verifier) {
  const pairs = [];
  for (const { a, b, equivalent } of rows.filter(({ disputable }) => disputable !== true)) {
    const score = await scoreOf(a, b, vectors.cosine(a, b), verifier);
    pairs.push({ pair: pairs.length, right: equivalent, score });
  }
  const candidates = pairs.filter(({ score }) => typeof score === 'number');
  return {
    size: candidates.length,
    wrongShare: candidates.filter(({ right }) => !right).length / Math.max(1, candidates.length),
    stream: (random) => ({
      next(bar, apart) {
        const drawn = pairs[Math.floor(random() * pairs.length)];
        if (drawn.score === 'same') return 'exact';
        return drawn.score !== undefined && drawn.score >= bar && !apart.has(drawn.pair) ? drawn : undefined;
      },
    }),
  };
}

/** Prompts drawn with replacement, as often as the file has them; a miss is stored, a hit is not. */
async function streamWorld(rows, vectors, verifier) {
  const groups = new Map(rows.map(({ prompt, group }) => [prompt, group]));
  const prompts = [...groups.keys()];
  const near = new Map(prompts.map((prompt) => [prompt, neighboursOf(prompt, prompts, vectors)]));
  const judged = new Map();
  const pairOf = (asked, stored) => (asked < stored ? `${asked}\n${stored}` : `${stored}\n${asked}`);
  for (const asked of prompts)
    for (const { text, similarity } of near.get(asked)) {
      const pair = pairOf(asked, text);
      if (!judged.has(pair)) judged.set(pair, await scoreOf(asked, text, similarity, verifier));
    }
  const judge = (asked, stored) => {
    const pair = pairOf(asked, stored);
    return { pair, score: judged.get(pair), right: groups.get(asked) === groups.get(stored) };
  };
  const all = prompts.flatMap((asked) => near.get(asked).map(({ text }) => judge(asked, text)));
  const candidates = all.filter(({ score }) => typeof score === 'number');
  return {
    size: candidates.length / 2,
    wrongShare: candidates.filter(({ right }) => !right).length / Math.max(1, candidates.length),
    stream(random) {
      const stored = new Set();
      return {
        next(bar, apart, isShadow) {
          const { prompt } = rows[Math.floor(random() * rows.length)];
          if (stored.has(prompt)) return 'exact';
          const found = near
            .get(prompt)
            .filter(({ text }) => stored.has(text))
            .slice(0, NEIGHBOURS)
            .map(({ text }) => judge(prompt, text))
            .find(({ score, pair }) => score === 'same' || (score !== undefined && score >= bar && !apart.has(pair)));
          if (found === undefined || isShadow) stored.add(prompt);
          return found?.score === 'same' ? 'exact' : found;
        },
      };
    },
  };
}

function neighboursOf(prompt, prompts, vectors) {
  const vector = vectors.vector(prompt);
  return prompts
    .filter((text) => text !== prompt)
    .map((text) => ({ text, similarity: dot(vector, vectors.vector(text)) }))
    .filter(({ similarity }) => similarity >= FLOOR)
    .sort((x, y) => y.similarity - x.similarity);
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}
