import { parseArgs } from 'node:util';
import { Calibrator } from '@nearhit/core';
import { loadJoint, loadPrior, trafficBins } from '@nearhit/verifier';
import { randomOf, worldOf } from './budget-worlds.mjs';
import { readRows, setOf } from './train/rows.mjs';
import { openVectors } from './train/vectors.mjs';
import { openVerifier } from './verifier.mjs';

// Does the error budget hold? Simulated streams of requests out of pair and stream files, with audits: per file, in how many of the
// seeds at most the budget's share of the semantic hits was wrong after the first requests.
//   node budget.mjs --cache DIR [--budget 0.01] [--audits 0.02] [--shadow 0] [--requests 20000] [--settled 2000]
//                   [--seeds 20] [--told WRONG,RIGHT,WEIGHT] FILE.jsonl ...
// --shadow N: the first N requests are decided and not served, and all of them labelled. --told: the judge recognises these shares
// of wrong and of right answers, and an agreement counts with this weight; default: it errs never and is never unsure (1,1,1).
// The vectors must have been embedded before (train/embed.mjs).

const { values: options, positionals } = parseArgs({
  options: {
    cache: { type: 'string' },
    budget: { type: 'string', default: '0.01' },
    audits: { type: 'string', default: '0.02' },
    shadow: { type: 'string', default: '0' },
    requests: { type: 'string', default: '20000' },
    settled: { type: 'string', default: '2000' },
    seeds: { type: 'string', default: '20' },
    told: { type: 'string', default: '1,1,1' },
  },
  allowPositionals: true,
});
const [budget, audits, shadow, requests, settled, seeds] = [
  'budget',
  'audits',
  'shadow',
  'requests',
  'settled',
  'seeds',
].map((name) => Number(options[name]));
const [toldOfWrong, toldOfRight, agreed] = options.told.split(',').map(Number);
const { verifier, close } = await openVerifier();
const PRIOR = {
  scorer: verifier.version,
  version: 'shipped',
  bins: trafficBins(loadPrior({ withNetwork: loadJoint() !== undefined })),
};
const scope = { tenant: 't', namespace: 'n', model: 'm' };

/** One labelled decision. */
function label(calibrator, { score, right }, random) {
  if (random() >= (right ? toldOfRight : toldOfWrong)) return false;
  const known = {
    id: '',
    ...scope,
    scorer: PRIOR.scorer,
    score,
    similarity: score,
    served: true,
    atMs: 0,
    savedUsd: 0,
  };
  calibrator.count({ ...known, right, source: 'audit', ...(right && { weight: agreed }) }, 1);
  return true;
}

/** `isWatched` false: the bar stays where it was before the first label. */
function run(world, seed, isWatched) {
  const random = randomOf(seed);
  const stream = world.stream(random);
  const calibrator = new Calibrator(PRIOR);
  const find = () => calibrator.find(scope, budget).bar ?? Number.POSITIVE_INFINITY;
  const apart = new Set();
  let bar = find();
  let [hits, wrong, asked] = [0, 0, 0];
  for (let n = 0; n < requests; n += 1) {
    const isShadow = n < shadow;
    const found = stream.next(isShadow ? 0 : bar, apart, isShadow);
    if (n === shadow && shadow > 0 && isWatched) bar = find();
    if (n >= settled && found !== 'exact') asked += 1;
    if (found === undefined || found === 'exact') continue;
    if (isShadow) {
      label(calibrator, found, random);
      continue;
    }
    if (n >= settled) {
      hits += 1;
      if (!found.right) wrong += 1;
    }
    if (!isWatched || random() >= audits || !label(calibrator, found, random)) continue;
    if (!found.right) apart.add(found.pair);
    bar = find();
  }
  return { hitRate: asked === 0 ? 0 : hits / asked, share: hits === 0 ? 0 : wrong / hits, bar };
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;
const sorted = (runs, of) => runs.map(of).sort((a, b) => a - b);

function report(name, world) {
  const numbers = Array.from({ length: seeds }, (_, at) => at + 1);
  const runs = numbers.map((seed) => run(world, seed, true));
  const unwatched = numbers.map((seed) => run(world, seed, false));
  const shares = sorted(runs, ({ share }) => share);
  const hits = sorted(runs, ({ hitRate }) => hitRate);
  const kept = shares.filter((share) => share <= budget).length;
  const middle = Math.floor(seeds / 2);
  const bars = sorted(runs, ({ bar }) => bar);
  console.log(
    `${name.padEnd(26)} ${String(world.size).padStart(6)} ${percent(world.wrongShare).padStart(8)} | ${kept} of ${seeds} | ` +
      `${percent(shares[middle])} | ${percent(shares.at(-1))} | ${percent(hits[0])} to ${percent(hits.at(-1))} | ` +
      `${bars[0]} to ${bars.at(-1)} | ${percent(sorted(unwatched, ({ share }) => share)[middle])} of ${percent(sorted(unwatched, ({ hitRate }) => hitRate)[middle])}`,
  );
}

const vectors = openVectors(options.cache);
console.log(
  `budget ${percent(budget)}, audits ${percent(audits)}, in shadow at first ${shadow}; ${requests} requests, after the first ${settled}\n` +
    'file                       candidates  wrong | within | median | worst | semantic hits | bars at the end | wrong if nobody looked, of hits',
);
for (const file of positionals) report(setOf(file), await worldOf(readRows(file), vectors, verifier));
await close();
