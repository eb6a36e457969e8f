export { loadPrior, loadVerifier, verifierDir } from './load.ts';
export { PairVerifier, TOKENS_MAX } from './pair-verifier.ts';
export { type Prior, priorSchema } from './prior.ts';
