import { restsOnEarlierTurns, unresolvedPronoun } from '../decide/reference/index.ts';
import { isTurn, userQuery } from '../key/fingerprint.ts';
import type { Policy } from '../policy/schema.ts';
import type { ChatMessage } from './chat-fields.ts';

/** How the turns before the question count for one request. */
export interface Conversation {
  /** In force for this request; the policy's, unless `why` says otherwise. */
  readonly mode: Policy['conversation'];
  /** Why the turns are matched exactly although the policy would have it otherwise. */
  readonly why?: string | undefined;
  /** Earlier user texts that are compared by meaning, in order. Absent: the fingerprint stands for all that counts. */
  readonly turns?: readonly string[] | undefined;
  /** The pronoun of a first question that nothing gives a meaning. */
  readonly pronoun?: string | undefined;
}

/** Kept with an entry and compared at every look-up: a longer conversation is matched exactly. */
const TURNS_MAX = 8;
const TURNS_CHARS_MAX = 4000;

/**
 * `at`: position of the question in `messages`, -1 when there is none. `exactOnly`: why the request is matched exactly
 * whatever its policy says. What can't be compared safely is `exact`: tools, a question that rests on turns which
 * `last-user` would leave out, a conversation that is too long.
 */
export function conversationOf(
  messages: readonly ChatMessage[],
  at: number,
  query: string,
  wanted: Policy['conversation'],
  exactOnly: string | undefined,
): Conversation {
  const earlier = messages.slice(0, Math.max(at, 0)).filter(isTurn);
  const first = !earlier.some(({ role }) => role === 'user');
  const pronoun = first && exactOnly === undefined ? unresolvedPronoun(query) : undefined;
  if (wanted === 'exact') return { mode: 'exact', pronoun };
  if (exactOnly !== undefined && exactOnly !== 'policy') return { mode: 'exact', why: exactOnly };
  if (wanted === 'last-user') return lastUser(query, earlier.length === 0, pronoun);
  if (earlier.length === 0 || exactOnly !== undefined) return { mode: 'exact', pronoun };
  const turns = earlier
    .filter(({ role }) => role === 'user')
    .map((message) => userQuery([message]).text.toWellFormed());
  const chars = turns.reduce((sum, { length }) => sum + length, 0);
  if (turns.length > TURNS_MAX || chars > TURNS_CHARS_MAX) return { mode: 'exact', why: 'long-history', pronoun };
  return { mode: 'semantic', turns, pronoun };
}

function lastUser(query: string, alone: boolean, pronoun: string | undefined): Conversation {
  const rests = alone ? undefined : restsOnEarlierTurns(query);
  return rests === undefined ? { mode: 'last-user', pronoun } : { mode: 'exact', why: `rests-on:${rests}`, pronoun };
}
