import { embeddingModelFrom, openEmbedder } from '@nearhit/embedding';
import { loadJoint, loadVerifier } from '@nearhit/verifier';

/**
 * The verifier as a gateway has it, its network included where there is one; `close` ends the network's thread. `dir`:
 * default, the bundled one.
 */
export async function openVerifier(dir = process.env.VERIFIER_DIR) {
  const joint = loadJoint(dir);
  if (joint === undefined) return { verifier: loadVerifier({ dir }), close: async () => {} };
  const onNetworkFault = (why) => {
    throw new Error(why);
  };
  const embedder = await openEmbedder({ ...embeddingModelFrom(''), network: joint, onNetworkFault });
  const verifier = loadVerifier({ dir, second: { joint, network: embedder.network } });
  return { verifier, close: () => embedder.close() };
}

/** What it thinks of a pair. */
export async function probabilityOf(verifier, pair) {
  const [{ probability }] = await verifier.verify([pair]);
  return probability;
}
