import { type Candidate, COSINE_FLOOR, dot, type Embedder, type EntryId, formOf, volatileReason } from '@nearhit/core';
import { z } from 'zod';
import type { PolicyJudge } from './policy-judge.ts';
import { type Rate, rateOf } from './wilson.ts';

/** A request of a stream, and which answer is right for it. */
export interface StreamRow {
  readonly prompt: string;
  readonly group: string;
}

const rowSchema = z.object({ prompt: z.string().min(1), group: z.union([z.string(), z.number()]).transform(String) });

/** Undefined: the line is no request of a stream. */
export function readStreamRow(text: string): StreamRow | undefined {
  try {
    const parsed = rowSchema.safeParse(JSON.parse(text));
    return parsed.success ? { ...parsed.data, prompt: parsed.data.prompt.toWellFormed() } : undefined;
  } catch {
    return undefined;
  }
}

/** One way of deciding, over a whole stream. */
export interface StreamOutcome {
  /** Repeats in other words that got their right answer, of all such repeats. */
  readonly byMeaning: Rate;
  /** Requests that got an answer that is not theirs, of all. */
  readonly wrong: Rate;
  /** Of the hits by meaning. */
  readonly wrongOfHits: Rate;
}

export interface StreamResult {
  readonly requests: number;
  /** Asked word for word before. */
  readonly exact: Rate;
  readonly policy: StreamOutcome;
  readonly cosine: readonly (StreamOutcome & { readonly threshold: number })[];
}

interface Stored {
  readonly query: string;
  readonly vector: Float32Array;
  readonly group: string;
  /** Equal for what is one question but for its form; undefined: it has none. */
  readonly form: string | undefined;
}

type Choose = (asked: Stored, stored: readonly Stored[]) => Promise<Stored | undefined>;

const CANDIDATES = 5;
const BATCH = 64;
const THRESHOLDS = [0.8, 0.85, 0.9, 0.95] as const;

/** The requests in their order; what misses is stored. Every stored question is compared, so that no index blurs it. */
export async function evaluateStream(
  rows: readonly StreamRow[],
  embedder: Embedder,
  judge: PolicyJudge,
  onProgress: (done: number) => void,
): Promise<StreamResult> {
  const asked: Stored[] = [];
  for (let at = 0; at < rows.length; at += BATCH) {
    const part = rows.slice(at, at + BATCH);
    const embeddings = await embedder.embed(part.map(({ prompt }) => prompt));
    part.forEach(({ prompt, group }, i) => {
      asked.push({ query: prompt, group, vector: embeddings[i]?.vector as Float32Array, form: formOf(prompt) });
    });
    onProgress(asked.length);
  }
  const seen = new Set<string>();
  const exact = asked.filter(({ query }) => seen.has(query) || !seen.add(query)).length;
  const policy = await replay(asked, (request, stored) => byPolicy(request, stored, judge));
  const cosine = [];
  for (const threshold of THRESHOLDS)
    cosine.push({
      threshold,
      ...(await replay(asked, async (request, stored) => byCosine(request, stored, threshold))),
    });
  return { requests: rows.length, exact: rateOf(exact, rows.length), policy, cosine };
}

async function replay(asked: readonly Stored[], choose: Choose): Promise<StreamOutcome> {
  const stored = new Map<string, Stored>();
  const list: Stored[] = [];
  const groups = new Set<string>();
  const words = new Set<string>();
  const counts = { repeats: 0, right: 0, wrong: 0, hits: 0 };
  for (const request of asked) {
    const repeated = groups.has(request.group) && !words.has(request.query);
    if (repeated) counts.repeats += 1;
    const own = stored.get(request.query);
    const served = own ?? (await choose(request, list));
    if (served === undefined) {
      stored.set(request.query, request);
      list.push(request);
    } else {
      if (own === undefined) counts.hits += 1;
      if (served.group !== request.group) counts.wrong += 1;
      else if (repeated) counts.right += 1;
    }
    groups.add(request.group);
    words.add(request.query);
  }
  return {
    byMeaning: rateOf(counts.right, counts.repeats),
    wrong: rateOf(counts.wrong, asked.length),
    wrongOfHits: rateOf(Math.min(counts.wrong, counts.hits), counts.hits),
  };
}

interface Near {
  readonly entry: Stored;
  readonly similarity: number;
}

function nearest(request: Stored, stored: readonly Stored[], min: number, count: number): Near[] {
  return stored
    .map((entry) => ({ entry, similarity: dot(request.vector, entry.vector) }))
    .filter(({ similarity }) => similarity >= min)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, count);
}

const byCosine = (request: Stored, stored: readonly Stored[], threshold: number): Stored | undefined =>
  nearest(request, stored, threshold, 1)[0]?.entry;

async function byPolicy(request: Stored, stored: readonly Stored[], judge: PolicyJudge): Promise<Stored | undefined> {
  if (volatileReason(request.query) !== undefined) return undefined;
  const same = request.form === undefined ? undefined : stored.find(({ form }) => form === request.form);
  if (same !== undefined) return same;
  const near = nearest(request, stored, COSINE_FLOOR, CANDIDATES);
  const candidates = near.map(
    ({ entry, similarity }, at): Candidate => ({ id: String(at) as EntryId, query: entry.query, similarity }),
  );
  const { served } = await judge.among(request.query, candidates);
  return served === undefined ? undefined : near[Number(served.id)]?.entry;
}
