import { z } from 'zod';

/** Five numbers a node: feature, threshold, left, right, value. A leaf has feature -1; the value of an inner node is the mean of its leaves. */
const NODE = 5;

const plattSchema = z.object({ slope: z.number().positive(), intercept: z.number() });

export const treesSchema = z.object({
  version: z.string().min(1),
  /** Names of the features, in order: a model of other features must not be asked. */
  features: z.array(z.string()).min(1),
  /** Score of a pair before any tree. */
  baseline: z.number(),
  trees: z.array(z.array(z.number()).min(NODE)).min(1),
  /**
   * Probability = 1 / (1 + exp(-(slope * score + intercept))) (Platt, 1999): `asked` where one of the texts is a question
   * (the feature of that name), `stated` of statements, titles and key words.
   */
  calibration: z.object({ asked: plattSchema, stated: plattSchema }),
});
type TreesFile = z.infer<typeof treesSchema>;

/** Gradient-boosted trees (Friedman, 2001). Pure and deterministic. */
export class Trees {
  readonly version: string;
  readonly #file: TreesFile;
  readonly #trees: readonly Float64Array[];
  /** Index of the feature that tells questions from the rest; -1: all are the rest. */
  readonly #askedAt: number;

  constructor(file: TreesFile) {
    this.version = file.version;
    this.#file = file;
    this.#askedAt = file.features.indexOf('asked');
    this.#trees = file.trees.map((tree) => checked(tree, file.features.length));
  }

  /** One of the texts is a question. */
  isAsked(features: Float64Array): boolean {
    return (features[this.#askedAt] ?? 0) > 0;
  }

  /** Of the probability of the features. */
  logit(features: Float64Array): number {
    let score = this.#file.baseline;
    for (const tree of this.#trees) {
      let at = 0;
      while ((tree[at] as number) >= 0) at = next(tree, at, features);
      score += tree[at + 4] as number;
    }
    const { slope, intercept } = this.#calibration(features);
    return slope * score + intercept;
  }

  /** What each feature adds to the score, in logits: the change of the mean at each split on it (Saabas, 2014). */
  contributions(features: Float64Array): Float64Array {
    const found = new Float64Array(features.length);
    const { slope } = this.#calibration(features);
    for (const tree of this.#trees) {
      let at = 0;
      while ((tree[at] as number) >= 0) {
        const feature = tree[at] as number;
        const before = tree[at + 4] as number;
        at = next(tree, at, features);
        found[feature] = (found[feature] as number) + ((tree[at + 4] as number) - before) * slope;
      }
    }
    return found;
  }

  #calibration(features: Float64Array) {
    const { asked, stated } = this.#file.calibration;
    return this.isAsked(features) ? asked : stated;
  }
}

function next(tree: Float64Array, at: number, features: Float64Array): number {
  const below = (features[tree[at] as number] as number) <= (tree[at + 1] as number);
  return (tree[at + (below ? 2 : 3)] as number) * NODE;
}

/** Children come after their parent: a walk ends. */
function checked(tree: readonly number[], features: number): Float64Array {
  const nodes = tree.length / NODE;
  const isNode = (child: number, parent: number) => Number.isInteger(child) && child > parent && child < nodes;
  for (let i = 0; i < nodes; i++) {
    const [feature = -1, , left = 0, right = 0] = tree.slice(i * NODE, i * NODE + NODE);
    if (!Number.isInteger(nodes) || feature >= features || !Number.isInteger(feature))
      throw new Error('a tree of the verifier is broken');
    if (feature >= 0 && !(isNode(left, i) && isNode(right, i))) throw new Error('a tree of the verifier is broken');
  }
  return Float64Array.from(tree);
}
