import { type Evidence, isBelow, plausibility } from './clopper-pearson.ts';

/** How sure a bar is to keep the budget: 95 %. */
export const DELTA = 0.05;
/** What others know counts at a bar as at most so many own observations. */
const LENT_MAX = 600;
/**
 * When so many own wrong ones would be as rare as this, were the scope like the others, it begins to be taken for another
 * kind: what is lent counts the less the rarer they would be.
 */
const UNLIKELY = 0.25;
/** The first bar that is tried is the strictest one at which others have at least so many observations. */
const START_MIN = 300;
/** Where others have too few: so many starts, which share the risk between them. */
const STARTS = 4;
/** Of all that is served at a bar, what lies just above it is taken to be at least one in so many. */
const MIX_MAX = 50;

/** Strictest bar first; the same bars for all. `at`: with a score of at least the bar. `bin`: and below the bar before. */
export interface Level {
  readonly at: readonly Evidence[];
  readonly bin: readonly Evidence[];
}

export const NOTHING_KNOWN: Evidence = { n: 0, wrong: 0 };

/** From counts per bin, strictest first. */
export function levelOf(bins: readonly Evidence[]): Level {
  let sum = NOTHING_KNOWN;
  const at = bins.map((bin) => {
    sum = add(sum, bin);
    return sum;
  });
  return { at, bin: bins };
}

/** A scope's own labels; `fair`: at each bar, those that are a fair sample of what was decided, which feedback is not. */
export interface Own extends Level {
  readonly fair: readonly Evidence[];
}

/** What a scope is lent at each bar. */
export interface Lent {
  readonly at: readonly Evidence[];
  /** How many times as many as in the bin there are at or above the bar. */
  readonly mix: readonly number[];
}

/**
 * What the levels far from a scope lend to it, the farthest first: each passes on what it has itself and what it was lent,
 * as at most so many observations of the same share.
 */
export function lentBy(levels: readonly Level[], bars: number): Lent {
  const range = Array.from({ length: bars }, (_, at) => at);
  const count = (of: keyof Level, at: number): number => levels.reduce((n, level) => n + (level[of][at]?.n ?? 0), 0);
  return {
    at: range.map((at) =>
      levels.reduce((lent, level) => capped(add(lent, level.at[at] ?? NOTHING_KNOWN), LENT_MAX), NOTHING_KNOWN),
    ),
    mix: range.map((at) => Math.min(MIX_MAX, count('bin', at) > 0 ? count('at', at) / count('bin', at) : MIX_MAX)),
  };
}

/**
 * What is known of all that would be served at a bar. Own labels come from what was served, so that far more lie above an
 * old bar than below it: at a bar, no more right ones are counted than those just above it stand for in the mix that
 * others have seen. Wrong ones all count. `isStart`: all right ones do.
 */
export function knownAt(at: number, own: Own, lent: Lent, isStart: boolean): Evidence {
  const { n, wrong } = own.at[at] ?? NOTHING_KNOWN;
  const bin = own.bin[at] ?? NOTHING_KNOWN;
  const stoodFor = isStart ? Number.POSITIVE_INFINITY : (bin.n - bin.wrong) * (lent.mix[at] ?? 1);
  const counted = { n: Math.min(n - wrong, stoodFor) + wrong, wrong };
  return add(counted, discounted(lent.at[at] ?? NOTHING_KNOWN, own.fair[at] ?? NOTHING_KNOWN));
}

/** Only where the scope is worse than the others: to be better it takes labels of its own. */
function discounted(lent: Evidence, fair: Evidence): Evidence {
  if (fair.wrong === 0 || lent.n === 0) return lent;
  const trust = Math.min(1, plausibility(fair, lent.wrong / lent.n) / UNLIKELY);
  return { n: trust * lent.n, wrong: trust * lent.wrong };
}

export interface Solution {
  /** Place of the bar; undefined: none keeps the budget. */
  readonly at: number | undefined;
  /** What is known of what is served there, or at the first bar that was tried. */
  readonly known: Evidence;
}

/**
 * The loosest bar at which the upper bound of the wrong share of all that is served is within `maxErrorRate`. Fixed-sequence
 * testing from the strictest bar down, up to the first that fails; where the tests begin depends on what others know and on
 * how many labels the scope has, and not on what they say. (Learn then Test, algorithm 1: Angelopoulos, Bates, Candes, Jordan, Lei,
 * arXiv:2110.01052.)
 */
export function solveBar(own: Own, lent: Lent, bars: number, maxErrorRate: number): Solution {
  const starts = startsOf(lent, bars);
  const delta = DELTA / starts.length;
  const known = (at: number): Evidence => knownAt(at, own, lent, at === starts[0]);
  let found: number | undefined;
  for (const start of starts) {
    const from = starts.length === 1 ? firstPassable(start, own, lent, bars, maxErrorRate) : start;
    for (let at = from; at < bars && isBelow(known(at), maxErrorRate, delta); at += 1) found = Math.max(found ?? 0, at);
  }
  return { at: found, known: known(found ?? starts[0] ?? 0) };
}

/**
 * The strictest bar from `start` on whose test would pass if all of the scope's own labels were right; `start` where there is
 * none. A stricter one can't pass whatever the labels say, and must not end the tests before those that can.
 */
function firstPassable(start: number, own: Own, lent: Lent, bars: number, maxErrorRate: number): number {
  const right = allRight(own);
  for (let at = start; at < bars; at += 1)
    if (isBelow(knownAt(at, right, lent, at === start), maxErrorRate, DELTA)) return at;
  return start;
}

function allRight({ at, bin, fair }: Own): Own {
  const right = (all: readonly Evidence[]): Evidence[] => all.map(({ n }) => ({ n, wrong: 0 }));
  return { at: right(at), bin: right(bin), fair: right(fair) };
}

export function startsOf(lent: Lent, bars: number): readonly number[] {
  const start = lent.at.findIndex(({ n }) => n >= START_MIN);
  if (start >= 0) return [start];
  return [...new Set(Array.from({ length: Math.min(STARTS, bars) }, (_, at) => Math.floor((at * bars) / STARTS)))];
}

export function add(a: Evidence, b: Evidence): Evidence {
  return { n: a.n + b.n, wrong: a.wrong + b.wrong };
}

function capped(evidence: Evidence, max: number): Evidence {
  return evidence.n <= max ? evidence : { n: max, wrong: (max * evidence.wrong) / evidence.n };
}
