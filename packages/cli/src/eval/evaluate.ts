import { dot, type Embedder } from '@nearhit/core';
import type { Line } from '../lines.ts';
import { type GuardLevel, verdictsOf } from './judge.ts';
import { type Pair, readPair } from './pairs.ts';
import type { PolicyJudge } from './policy-judge.ts';
import { type PolicyResult, PolicyTally } from './policy-tally.ts';
import { type Setting, Tally } from './tally.ts';

export interface EvaluateOptions {
  readonly lines: AsyncIterable<Line>;
  readonly embedder: Embedder;
  readonly judge: PolicyJudge;
  /** Rising. */
  readonly thresholds: readonly number[];
  readonly guards: readonly GuardLevel[];
  readonly pairsMax: number;
  readonly onProgress: (bytes: number, pairs: number) => void;
  readonly onBadLine: (line: number, fault: string) => void;
}

export interface Evaluation {
  readonly pairs: {
    readonly total: number;
    readonly equivalent: number;
    readonly different: number;
    /** A question is longer than the model's window: the cache would match it word for word only. */
    readonly tooLong: number;
  };
  readonly badLines: number;
  /** Under the policy in force where nobody set any. */
  readonly policy: PolicyResult;
  /** Thresholds, with and without guards. */
  readonly settings: readonly Setting[];
}

const BATCH = 64;

type Embedded = { readonly pair: Pair; readonly similarity: number; readonly tooLong: boolean };

/** `a` is stored, `b` is asked; the gateway's own model and the gateway's own decision. One batch of pairs in memory at a time. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { embedder, thresholds, guards, judge } = options;
  const tally = new Tally(thresholds, guards);
  const byPolicy = new PolicyTally(judge.verifier);
  const seen = { total: 0, tooLong: 0, badLines: 0 };
  const onBadLine = (line: number, fault: string) => {
    seen.badLines += 1;
    options.onBadLine(line, fault);
  };
  for await (const { pairs, bytes } of ahead(embeddedBatches({ ...options, onBadLine }, embedder))) {
    for (const { pair, similarity, tooLong } of pairs) {
      seen.total += 1;
      if (tooLong) seen.tooLong += 1;
      byPolicy.add(pair, similarity, await judge.judge(pair, { similarity, tooLong }));
      const unmatched = tooLong && pair.a !== pair.b;
      tally.add(
        pair,
        new Map(
          guards.map((guard) => [
            guard,
            unmatched ? thresholds.map(() => 'long-query') : verdictsOf(pair, similarity, thresholds, guard),
          ]),
        ),
      );
    }
    options.onProgress(bytes, seen.total);
  }
  const { total, tooLong, badLines } = seen;
  return {
    ...{ pairs: { total, ...tally.pairs, tooLong }, badLines },
    ...{ policy: byPolicy.result(), settings: tally.settings() },
  };
}

type Reading = Pick<EvaluateOptions, 'lines' | 'pairsMax' | 'onBadLine'>;

async function* embeddedBatches(reading: Reading, embedder: Embedder) {
  for await (const { pairs, bytes } of batchesOf(reading)) {
    // Files of pairs often ask many wordings of one question in a row.
    const texts = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
    const embeddings = await embedder.embed(texts);
    const embeddingOf = new Map(texts.map((text, at) => [text, embeddings[at]]));
    yield {
      bytes,
      pairs: pairs.map((pair): Embedded => {
        const [a, b] = [embeddingOf.get(pair.a), embeddingOf.get(pair.b)];
        if (a === undefined || b === undefined) throw new Error('the embedder left a text out');
        const similarity = pair.a === pair.b ? 1 : dot(a.vector, b.vector);
        return { pair, similarity, tooLong: a.truncated || b.truncated };
      }),
    };
  }
}

/** Lines as batches of pairs. `bytes`: read so far. */
async function* batchesOf({ lines, pairsMax, onBadLine }: Reading): AsyncGenerator<{ pairs: Pair[]; bytes: number }> {
  let pairs: Pair[] = [];
  let bytes = 0;
  let left = pairsMax;
  for await (const line of lines) {
    bytes += line.bytes;
    const read = readPair(line);
    if (read === undefined) continue;
    if ('fault' in read) {
      onBadLine(line.number, read.fault);
      continue;
    }
    pairs.push(read.pair);
    left -= 1;
    if (pairs.length < BATCH && left > 0) continue;
    yield { pairs, bytes };
    pairs = [];
    if (left <= 0) return;
  }
  if (pairs.length > 0) yield { pairs, bytes };
}

/** Lets the source work at its next item while the one before is used. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next();
  for (;;) {
    const { done, value } = await next;
    if (done === true) return;
    next = source.next();
    // Reported where it is awaited; until then it is nobody's.
    next.catch(() => {});
    yield value;
  }
}
