import { expect, test } from '@jest/globals';
import type { LabelledSample } from '../ports/sample-store.ts';
import { Calibrator } from './calibrator.ts';
import type { CalibrationPrior } from './prior.ts';

/**
 * A stream of 20,000 requests whose best candidates have scores from a known distribution. What is at or above the bar is
 * served; one in fifty of those is audited, and the bar found anew. How many of the served ones were wrong is counted.
 */

const REQUESTS = 20_000;
const SETTLED_AFTER = 2000;
const AUDITED = 0.02;
const BUDGET = 0.01;
const SEEDS = 20;
const SLOW_MS = 300_000;
/** Half a minute of a processor each: not with every run. */
const onDemand = process.env.NEARHIT_SIMULATE === '1' ? test : test.skip;
const scope = { tenant: 't', namespace: 'n', model: 'm' };

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface World {
  /** Of a candidate: where its score lies. */
  readonly score: (random: () => number) => number;
  /** Of a candidate with this score: is serving it wrong? */
  readonly wrongAt: (score: number) => number;
}

/** Most candidates are far from the question or very near; the nearer, the more rarely wrong. */
const FAMILIAR: World = {
  score: (random) => (random() < 0.4 ? 1 - 0.1 * random() ** 2 : random()),
  wrongAt: (score) => Math.min(1, 0.6 * (1 - score) ** 1.3),
};
/** What a house's own questions may be like: wrong twice as often at the same score. */
const HARDER: World = { ...FAMILIAR, wrongAt: (score) => Math.min(1, 2 * FAMILIAR.wrongAt(score)) };
/** Three times as often. */
const FAR_HARDER: World = { ...FAMILIAR, wrongAt: (score) => Math.min(1, 3 * FAMILIAR.wrongAt(score)) };
/** And half as often. */
const EASIER: World = { ...FAMILIAR, wrongAt: (score) => 0.5 * FAMILIAR.wrongAt(score) };

const BARS = [...Array.from({ length: 19 }, (_, at) => 0.995 - at * 0.005), 0.88, 0.85, 0.8, 0.7, 0.6, 0.5];

/** From labelled pairs of the familiar world, as one is shipped. */
function shippedPrior(pairs: number): CalibrationPrior {
  const random = randomOf(4711);
  const bins = BARS.map((bar) => ({ scoreMin: Number(bar.toFixed(3)), pairs: 0, wrong: 0 }));
  for (let n = 0; n < pairs; n += 1) {
    const score = FAMILIAR.score(random);
    const bin = bins.find(({ scoreMin }) => score >= scoreMin);
    if (bin === undefined) continue;
    bin.pairs += 1;
    if (random() < FAMILIAR.wrongAt(score)) bin.wrong += 1;
  }
  return { scorer: 'v1', version: 'simulated', bins };
}

const PRIOR = shippedPrior(20_000);

interface Run {
  readonly hitRate: number;
  /** Of what was served after the first 2,000 requests. */
  readonly wrongShare: number;
  readonly bar: number | undefined;
}

/** `toldShare`: of wrong answers, so many are told by the people who got them. */
function run(world: World, seed: number, { toldShare = 0 } = {}): Run {
  const random = randomOf(seed);
  const calibrator = new Calibrator(PRIOR);
  let { bar } = calibrator.find(scope, BUDGET);
  let [served, wrong] = [0, 0];
  for (let n = 0; n < REQUESTS; n += 1) {
    const score = world.score(random);
    const right = random() >= world.wrongAt(score);
    const [isAudited, isTold] = [random() < AUDITED, !right && random() < toldShare];
    if (bar === undefined || score < bar) continue;
    if (n >= SETTLED_AFTER) {
      served += 1;
      if (!right) wrong += 1;
    }
    if (!isAudited && !isTold) continue;
    const source: LabelledSample['source'] = isTold ? 'feedback' : 'audit';
    const told = { id: `${seed}:${n}`, ...scope, scorer: 'v1', score, similarity: score, right, source };
    calibrator.count({ ...told, served: true, atMs: n, savedUsd: 0 }, 1);
    ({ bar } = calibrator.find(scope, BUDGET));
  }
  return { hitRate: served / (REQUESTS - SETTLED_AFTER), wrongShare: served === 0 ? 0 : wrong / served, bar };
}

function runs(world: World, options = {}): Run[] {
  const all = Array.from({ length: SEEDS }, (_, seed) => run(world, seed + 1, options));
  if (process.env.NEARHIT_SIMULATE === '1') show(all);
  return all;
}

function show(all: readonly Run[]): void {
  const shares = all.map(({ wrongShare }) => wrongShare).sort((a, b) => a - b);
  const hits = all.map(({ hitRate }) => hitRate).sort((a, b) => a - b);
  const kept = shares.filter((share) => share <= BUDGET).length;
  console.log(
    `${expect.getState().currentTestName}: within budget ${kept} of ${SEEDS}, wrong median ${shares[10]} most ${shares.at(-1)}, ` +
      `hit rate ${hits[0]} to ${hits.at(-1)}, bars ${[...new Set(all.map(({ bar }) => bar))].join(' ')}`,
  );
}

const within = (all: readonly Run[]): number => all.filter(({ wrongShare }) => wrongShare <= BUDGET).length;

test(
  'with a prior that fits, at most one in a hundred semantic hits is wrong in at least 19 of 20 streams',
  () => {
    const all = runs(FAMILIAR);
    expect(within(all)).toBeGreaterThanOrEqual(19);
    for (const { hitRate } of all) expect(hitRate).toBeGreaterThan(0.2);
  },
  SLOW_MS,
);

onDemand(
  'the same where answers are wrong half as often',
  () => {
    expect(within(runs(EASIER))).toBe(SEEDS);
  },
  SLOW_MS,
);

onDemand(
  'the same where they are wrong twice as often',
  () => {
    expect(within(runs(HARDER))).toBeGreaterThanOrEqual(19);
  },
  SLOW_MS,
);

onDemand(
  'a prior that is far too good is found out, sooner where people tell of wrong answers',
  () => {
    const audited = runs(FAR_HARDER);
    expect(within(audited)).toBeGreaterThanOrEqual(19);
    const told = runs(FAR_HARDER, { toldShare: 0.2 });
    const mean = (all: readonly Run[]) => all.reduce((sum, { wrongShare }) => sum + wrongShare, 0) / SEEDS;
    // What it would be if nobody looked.
    const fixed = new Calibrator(PRIOR).find(scope, BUDGET).bar as number;
    const random = randomOf(99);
    let [n, wrong] = [0, 0];
    for (let at = 0; at < 200_000; at += 1) {
      const score = FAR_HARDER.score(random);
      if (score < fixed) continue;
      n += 1;
      wrong += FAR_HARDER.wrongAt(score);
    }
    expect(mean(audited)).toBeLessThan(wrong / n);
    expect(mean(told)).toBeLessThan(mean(audited));
    expect(within(told)).toBeGreaterThanOrEqual(19);
  },
  SLOW_MS,
);
