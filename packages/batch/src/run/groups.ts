import {
  type Caller,
  decide,
  dot,
  type Embedder,
  NearhitError,
  type PolicyService,
  type PreparedRequest,
  prepare,
  type UnitVector,
} from '@nearhit/core';
import { createBreath } from '../breath.ts';
import type { RequestLine } from '../input/request-line.ts';

export interface GroupsDeps {
  readonly policies: PolicyService;
  readonly embedder: Pick<Embedder, 'embed'>;
  /** A line's body as a chat completion; throws NearhitError. Absent: it is one. */
  readonly chatOf?: ((body: Buffer) => Buffer) | undefined;
}

/** Lines of which the first one's answer is expected to serve all. */
export type Group = readonly RequestLine[];

const TEXTS_PER_RUN = 32;
/** As the look-up has it: a longer text is not embedded. */
const QUERY_CHARS_MAX = 8192;
/** As many as the look-up weighs. */
const CANDIDATES = 5;

interface Leader {
  readonly request: PreparedRequest;
  readonly vector: UnitVector;
  readonly lines: RequestLine[];
}

/**
 * Which lines of a piece of a batch ask the same, in the same words or in others: those whose questions `decide()` would
 * serve for one another. It only orders the work; what is served to whom is decided when a line is asked, by what is in
 * the cache then. The embeddings made here are remembered and not made again there.
 */
export async function groupsOf(
  lines: readonly RequestLine[],
  caller: Caller,
  headers: Readonly<Record<string, string>>,
  deps: GroupsDeps,
): Promise<Group[]> {
  const breath = createBreath();
  const groups: RequestLine[][] = [];
  const byKey = new Map<string, RequestLine[]>();
  const askable: { request: PreparedRequest; lines: RequestLine[] }[] = [];
  for (const line of lines) {
    await breath();
    const request = prepared(line, caller, headers, deps);
    const same = request === undefined ? undefined : byKey.get(request.flightKey);
    if (same !== undefined) {
      same.push(line);
      continue;
    }
    const group = [line];
    if (request !== undefined && request.notCacheable === undefined && reads(request)) {
      byKey.set(request.flightKey, group);
      if (mayBeSimilar(request)) {
        askable.push({ request, lines: group });
        continue;
      }
    }
    groups.push(group);
  }
  return [...groups, ...(await bySimilarity(askable, caller, deps, breath))];
}

function prepared(
  line: RequestLine,
  caller: Caller,
  headers: Readonly<Record<string, string>>,
  { policies, chatOf = (body) => body }: GroupsDeps,
): PreparedRequest | undefined {
  try {
    return prepare({ body: chatOf(line.body), headers, tenantOf: () => caller.tenant }, policies);
  } catch (error) {
    // What is wrong with it is told when it is asked.
    if (error instanceof NearhitError) return undefined;
    throw error;
  }
}

function reads({ controls, resolved }: PreparedRequest): boolean {
  return resolved.policy.mode === 'on' && (controls.cache ?? 'on') === 'on';
}

const mayBeSimilar = ({ exactOnly, query }: PreparedRequest): boolean =>
  exactOnly === undefined && query.length <= QUERY_CHARS_MAX;

async function bySimilarity(
  askable: readonly { request: PreparedRequest; lines: RequestLine[] }[],
  caller: Caller,
  { embedder }: GroupsDeps,
  breath: () => Promise<void> | undefined,
): Promise<Group[]> {
  const leaders = new Map<string, Leader[]>();
  const groups: RequestLine[][] = [];
  for (let from = 0; from < askable.length; from += TEXTS_PER_RUN) {
    const some = askable.slice(from, from + TEXTS_PER_RUN);
    // Without embeddings every line leads: the batch goes on as the gateway does.
    const embeddings = await embedder.embed(some.map(({ request }) => request.query)).catch(() => []);
    for (const [at, { request, lines }] of some.entries()) {
      await breath();
      const embedding = embeddings[at];
      if (embedding === undefined || embedding.truncated) {
        groups.push(lines);
        continue;
      }
      const { namespace } = request.scope;
      // Turns that are no part of the fingerprint are compared when a line is asked, not here.
      const key = JSON.stringify([namespace, request.fingerprint, request.conversation.turns]);
      const known = leaders.get(key) ?? [];
      leaders.set(key, known);
      const leader = leaderFor(request, embedding.vector, known, caller);
      if (leader !== undefined) {
        leader.lines.push(...lines);
        continue;
      }
      known.push({ request, vector: embedding.vector, lines });
      groups.push(lines);
    }
  }
  return groups;
}

function leaderFor(
  request: PreparedRequest,
  vector: UnitVector,
  leaders: readonly Leader[],
  { thresholdFloor = 0 }: Caller,
): Leader | undefined {
  const { policy } = request.resolved;
  const threshold = Math.max(request.controls.threshold ?? policy.threshold, thresholdFloor);
  const near = leaders
    .map((leader) => ({ leader, similarity: dot(vector, leader.vector) }))
    .filter(({ similarity }) => similarity >= threshold)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, CANDIDATES);
  const candidates = near.map(({ leader, similarity }) => ({
    ...{ id: leader.request.id, query: leader.request.query, similarity },
  }));
  const decision = decide({ query: request.query, candidates, policy: { threshold, guard: policy.guard } });
  if (decision.kind !== 'serve') return undefined;
  return near.find(({ leader }) => leader.request.id === decision.candidate.id)?.leader;
}
