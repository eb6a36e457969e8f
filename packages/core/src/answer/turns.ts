import { type Candidate, type Decision, decide } from '../decide/decide.ts';
import { factsOf } from '../decide/facts-memo.ts';
import { restsOnEarlierTurns, unresolvedPronoun } from '../decide/reference/index.ts';
import { isSameText } from '../decide/same-text.ts';
import type { Entry } from '../entry.ts';
import type { EntryId } from '../ids.ts';
import type { Embedding } from '../ports/embedder.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { dot } from '../unit-vector.ts';

/** Cosine similarity that an earlier turn needs at least, whatever the policy says of the question. */
export const TURN_SIMILARITY_MIN = 0.95;

/** Turns in other words that are embedded for one candidate; with more of them it is another conversation. */
const DIFFERING_MAX = 4;

/** One earlier user turn beside the stored one. */
export interface TurnVerdict {
  readonly asked: string;
  readonly stored: string;
  /** `same-text`, `serve` (the same in other words), `antecedent`, `not-reached`, or why not: `below-threshold`, `guard:<name>`. */
  readonly verdict: string;
  readonly similarity?: number | undefined;
}

export interface TurnsVerdict {
  /** Absent: the conversations are the same so far. */
  readonly refused?: string | undefined;
  readonly turns: readonly TurnVerdict[];
}

type Embed = (texts: readonly string[]) => Promise<readonly Embedding[]>;

/**
 * Are the turns before the question the same as those of a stored one? The assistant's are, by the fingerprint. A user's
 * must be the same text but for case, punctuation and courtesies; or as near as `TURN_SIMILARITY_MIN`, with no guard
 * against it at its strictest. Once a turn is in other words, nothing behind it may rest on what was said before (a
 * pronoun, an ellipsis): that would be resolved by a guess. Throws what `embed` throws.
 */
export async function compareTurns(
  asked: { readonly turns: readonly string[]; readonly query: string },
  stored: { readonly turns: readonly string[] | undefined; readonly query: string },
  threshold: number,
  embed: Embed,
): Promise<TurnsVerdict> {
  if (stored.turns === undefined || stored.turns.length !== asked.turns.length) return { refused: 'turns', turns: [] };
  const pairs = asked.turns.map((turn, at) => ({ asked: turn, stored: stored.turns?.[at] ?? '' }));
  const same = pairs.map((pair) => pair.asked === pair.stored || isSameText(factsOf(pair.asked), factsOf(pair.stored)));
  const first = same.indexOf(false);
  if (first < 0) return { turns: pairs.map((pair) => ({ ...pair, verdict: 'same-text' })) };
  const resting = [...pairs.slice(first + 1), { asked: asked.query, stored: stored.query }].some(rests);
  if (resting || opensUnresolved(pairs[first] as Pair, first)) return refusedBy('antecedent', pairs, same);
  const bar = Math.max(threshold, TURN_SIMILARITY_MIN);
  const differing = pairs.filter((_, at) => !same[at]);
  if (differing.length > DIFFERING_MAX) return refusedBy('turns', pairs, same);
  // The guards need no vector: what they refuse is not embedded.
  const vetoed = differing.map((pair) => weighed(pair, 1, bar));
  const vetoes = vetoed.filter(({ verdict }) => verdict !== 'serve');
  const judged =
    vetoes.length > 0
      ? vetoed.map(({ similarity: _, ...rest }) => notReached(rest))
      : await measured(differing, bar, embed);
  const left = [...judged];
  const turns = pairs.map((pair, at) => (same[at] ? { ...pair, verdict: 'same-text' } : (left.shift() as TurnVerdict)));
  const refused = (vetoes.length > 0 ? vetoes : judged).find(({ verdict }) => verdict !== 'serve');
  return refused === undefined ? { turns } : { refused: refused.verdict, turns };
}

/** Those that no guard vetoed where another turn was: how near they are is not asked. */
const notReached = (turn: TurnVerdict): TurnVerdict =>
  turn.verdict === 'serve' ? { ...turn, verdict: 'not-reached' } : turn;

async function measured(pairs: readonly Pair[], threshold: number, embed: Embed): Promise<TurnVerdict[]> {
  const vectors = await embed(pairs.flatMap(({ asked, stored }) => [asked, stored]));
  return pairs.map((pair, at) => {
    const [a, b] = [vectors[2 * at], vectors[2 * at + 1]];
    if (a === undefined || b === undefined || a.truncated || b.truncated) return { ...pair, verdict: 'long-query' };
    return weighed(pair, dot(a.vector, b.vector), threshold);
  });
}

interface Pair {
  readonly asked: string;
  readonly stored: string;
}

const rests = ({ asked, stored }: Pair): boolean =>
  restsOnEarlierTurns(asked) !== undefined || restsOnEarlierTurns(stored) !== undefined;

/** The first turn of all: what its pronoun means nobody knows. */
const opensUnresolved = ({ asked, stored }: Pair, at: number): boolean =>
  at === 0 && (unresolvedPronoun(asked) !== undefined || unresolvedPronoun(stored) !== undefined);

function refusedBy(why: string, pairs: readonly Pair[], same: readonly boolean[]): TurnsVerdict {
  return { refused: why, turns: pairs.map((pair, at) => ({ ...pair, verdict: same[at] ? 'same-text' : why })) };
}

function weighed(pair: Pair, similarity: number, threshold: number): TurnVerdict {
  const candidate = { id: 'turn' as EntryId, query: pair.stored, similarity };
  const decision = decide({ query: pair.asked, candidates: [candidate], policy: { threshold, guard: 'strict' } });
  return { ...pair, similarity, verdict: decision.kind === 'serve' ? 'serve' : decision.reason };
}

/** Why the turns before a candidate's question are not those before this one; undefined when they are, or don't count apart. */
export type TurnsJudge = (candidate: Candidate) => Promise<TurnsVerdict | undefined>;

export function turnsJudge(
  { query, conversation: { turns } }: PreparedRequest,
  entryOf: (id: EntryId) => Pick<Entry, 'history' | 'query'>,
  threshold: number,
  embed: Embed,
): TurnsJudge {
  return async ({ id }) => {
    if (turns === undefined) return undefined;
    const stored = entryOf(id);
    return compareTurns({ turns, query }, { turns: stored.history, query: stored.query }, threshold, embed);
  };
}

/** The decision, with the turns of whoever it would serve compared; the next candidate is judged when they differ. */
export async function throughTurns(
  candidates: readonly Candidate[],
  judge: (among: readonly Candidate[]) => Promise<Decision>,
  turnsOf: TurnsJudge,
): Promise<Decision> {
  let left = candidates;
  let refused: Candidate | undefined;
  for (;;) {
    const decision = await judge(left);
    if (decision.kind === 'refuse')
      return refused === undefined ? decision : { ...decision, reason: 'guard:turns', nearest: refused };
    const { candidate } = decision;
    if ((await turnsOf(candidate))?.refused === undefined) return decision;
    refused ??= candidate;
    left = left.filter(({ id }) => id !== candidate.id);
  }
}
