import { z } from 'zod';

/**
 * Where calibration starts before a scope has samples of its own: pseudo-counts per bin of probability, from pairs that the
 * verifier had not seen. `pairs` and `wrong` may be fractions: data sets are weighed against one another.
 */
export const priorSchema = z.object({
  /** Of the verifier that it speaks of. */
  verifier: z.string(),
  /** Rising; a bin reaches to the next one's edge, the last one to 1. */
  bins: z
    .array(
      z.object({
        /** Lower edge, a probability. */
        from: z.number().min(0).max(1),
        pairs: z.number().nonnegative(),
        /** Of `pairs`, those whose answer must not have been served. */
        wrong: z.number().nonnegative(),
      }),
    )
    .min(1),
  /** Share of `wrong` at 0.8 and above that is the same question to a reader: the labels err. From a sample read by eye. */
  mislabelled: z.number().min(0).max(1),
  /** On a simulated stream: candidates that are the nearest to pass the guards at a cosine of at least 0.70, and the wrong among them, by label. */
  traffic: z.object({ pairs: z.number().positive(), wrong: z.number().nonnegative() }),
});

export type Prior = z.infer<typeof priorSchema>;

/** What the counts are blown up to: what bounds their weight is to be the calibration, not how many pairs there were. */
const COUNTED = 10_000;

/**
 * The same as of traffic: with as many wrong among the candidates as there are among the nearest ones on a stream. Labels
 * count as they are, though many of the wrong ones are not (`mislabelled`): the bound errs to the safe side.
 */
export function trafficBins({ bins, traffic }: Prior): { scoreMin: number; pairs: number; wrong: number }[] {
  const sum = (of: (bin: Prior['bins'][number]) => number) => bins.reduce((total, bin) => total + of(bin), 0);
  const wrongShare = traffic.wrong / traffic.pairs;
  const right = (COUNTED * (1 - wrongShare)) / sum(({ pairs, wrong }) => pairs - wrong);
  const wrong = (COUNTED * wrongShare) / sum((bin) => bin.wrong);
  return bins.map((bin) => {
    const wrongOnes = wrong * bin.wrong;
    return { scoreMin: bin.from, pairs: right * (bin.pairs - bin.wrong) + wrongOnes, wrong: wrongOnes };
  });
}
