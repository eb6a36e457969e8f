import type { CalibrationPrior, PairNetwork } from '@nearhit/core';
import { memoizeNetwork } from '@nearhit/memory';
import { findJoint, type JointModel, loadPrior, loadVerifier, type PairVerifier, trafficBins } from '@nearhit/verifier';
import type { Logger } from 'pino';

export interface Verifying {
  readonly verifier: PairVerifier;
  /** What is known of its probabilities before a house has labels of its own. */
  readonly prior: CalibrationPrior;
}

/** The network of the verifier in `dir` (default: the bundled one), for who decides and who embeds. Undefined: there is none, or its description can't be read. */
export function openJoint(dir: string | undefined, log: Logger): JointModel | undefined {
  return findJoint(dir, (error) => log.error({ err: error }, 'no network: the verifier decides without'));
}

/**
 * The verifier in `dir` (default: the bundled one). Where its files can't be read, the threshold and the guards decide alone,
 * as strictly as they stand. `second`: the network that it asks where it is in doubt.
 */
export function openVerifying(
  dir: string | undefined,
  log: Logger,
  second?: { readonly joint: JointModel; readonly network: PairNetwork } | undefined,
): Partial<Verifying> {
  try {
    const asked = second && { joint: second.joint, network: memoizeNetwork(second.network) };
    const verifier = loadVerifier({ dir, second: asked });
    const prior = loadPrior({ dir, withNetwork: second !== undefined });
    const bins = trafficBins(prior);
    return { verifier, prior: { scorer: verifier.version, version: prior.verifier, bins } };
  } catch (error) {
    log.error({ err: error }, 'no verifier: questions are matched by threshold and guards alone');
    return {};
  }
}
