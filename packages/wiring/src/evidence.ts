import {
  CacheAdmin,
  type CacheAdminDeps,
  type Calibration,
  type DecisionLog,
  Feedback,
  type LinkMemory,
  reportOf,
} from '@nearhit/core';
import type { EvidenceAdmin } from '@nearhit/http';

export interface EvidenceDeps {
  readonly administering: CacheAdminDeps;
  readonly decisions: DecisionLog;
  readonly links: LinkMemory;
  readonly calibration: Calibration;
}

/** What operators do with the cache, and what is made of verdicts on its answers. */
export function openAdministration({ administering, decisions, links, calibration }: EvidenceDeps) {
  const cache = new CacheAdmin(administering);
  const { store, embedder, policies, now } = administering;
  const deleteEntry = cache.deleteEntry.bind(cache);
  const feedback = new Feedback({ decisions, store, embedder, links, calibration, deleteEntry, now });
  const evidence: EvidenceAdmin = {
    feedback: (input, by) => feedback.give(input, by),
    pairs: links,
    calibration: (filter) => reportOf(calibration, policies, filter),
  };
  return { cache, evidence };
}
