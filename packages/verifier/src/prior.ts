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
  /** The bar to serve at until something else is known. */
  recommended: z.object({ maxErrorRate: z.number(), bar: z.number().min(0).max(1) }),
});

export type Prior = z.infer<typeof priorSchema>;
