export type { Joint } from './joint.ts';
export { findJoint, type JointModel, loadJoint, loadPrior, loadVerifier, verifierDir } from './load.ts';
export { PairVerifier, SIMILARITY_MIN, TOKENS_MAX } from './pair-verifier.ts';
export { type Prior, priorSchema, trafficBins } from './prior.ts';
export type { NetworkCounts } from './second-opinion.ts';
