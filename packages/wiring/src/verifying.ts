import type { CalibrationPrior, Verifier } from '@nearhit/core';
import { loadPrior, loadVerifier } from '@nearhit/verifier';
import type { Logger } from 'pino';

export interface Verifying {
  readonly verifier: Verifier;
  /** What is known of its probabilities before a house has labels of its own. */
  readonly prior: CalibrationPrior;
}

/** The verifier that is shipped. Where its files can't be read, the threshold and the guards decide alone, as strictly as they stand. */
export function openVerifying(log: Logger): Partial<Verifying> {
  try {
    const verifier = loadVerifier();
    const { bins, verifier: version } = loadPrior();
    const counts = bins.map(({ from, pairs, wrong }) => ({ scoreMin: from, pairs, wrong }));
    return { verifier, prior: { scorer: verifier.version, version, bins: counts } };
  } catch (error) {
    log.error({ err: error }, 'no verifier: questions are matched by threshold and guards alone');
    return {};
  }
}
