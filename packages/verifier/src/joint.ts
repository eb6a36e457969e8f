import { z } from 'zod';

const fusionSchema = z.object({
  trees: z.number().positive(),
  network: z.number().positive(),
  intercept: z.number(),
});

/** What is known of the network that reads both questions together, and what its word is worth beside that of the trees. */
export const jointSchema = z.object({
  /** It travels in answers and stands in the verifier's version: visible ASCII. */
  version: z.string().regex(/^[\x21-\x7e]{1,100}$/),
  /**
   * Probability = sigmoid(trees * calibrated logit of the trees + network * logit of the network + intercept): `asked` where
   * one of the texts is a question, `stated` of statements, titles and key words.
   */
  fusion: z.object({ asked: fusionSchema, stated: fusionSchema }),
  /** Probabilities of the trees between which the network is asked. */
  grey: z
    .object({ from: z.number().min(0).max(1), to: z.number().min(0).max(1) })
    .refine(({ from, to }) => from < to, 'from must be below to'),
  /** Longest text that it reads, special tokens included. */
  tokensMax: z.int().min(3).max(512),
});

export type Joint = z.infer<typeof jointSchema>;
type Fusion = z.infer<typeof fusionSchema>;

/** The trees' calibrated logit and the network's as one probability. */
export function fused({ trees, network, intercept }: Fusion, ofTrees: number, ofNetwork: number): number {
  return sigmoid(trees * ofTrees + network * ofNetwork + intercept);
}

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
