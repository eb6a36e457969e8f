import {
  CacheAdmin,
  type CacheAdminDeps,
  type Calibration,
  type DecisionLog,
  type DeliveredEvents,
  DocumentEvents,
  Feedback,
  type LinkMemory,
  replayDecision,
  reportOf,
  whatIf,
} from '@nearhit/core';
import type { EvidenceAdmin } from '@nearhit/http';

export interface EvidenceDeps {
  readonly administering: CacheAdminDeps;
  readonly decisions: DecisionLog;
  readonly links: LinkMemory;
  readonly calibration: Calibration;
  /** Notices of changed documents that were taken. */
  readonly delivered: DeliveredEvents;
  /** Signs such notices. Absent: the admin token is asked for. */
  readonly webhookSecret?: string | undefined;
}

/** What operators do with the cache, what is made of verdicts on its answers, and of documents that changed. */
export function openAdministration(deps: EvidenceDeps) {
  const { administering, decisions, links, calibration, delivered, webhookSecret } = deps;
  const cache = new CacheAdmin(administering);
  const { store, embedder, policies, now, verifier } = administering;
  const deleteEntry = cache.deleteEntry.bind(cache);
  const feedback = new Feedback({ decisions, store, embedder, links, calibration, deleteEntry, now });
  const evidence: EvidenceAdmin = {
    feedback: (input, by) => feedback.give(input, by),
    replay: (id, tenant) =>
      replayDecision(id, tenant === undefined ? undefined : [tenant], { decisions, store, embedder, verifier }),
    pairs: links,
    calibration: (filter) => reportOf(calibration, policies, filter),
    whatIf: (query) => whatIf(query, { decisions, policies, links, calibration, verifier: administering.verifier }),
  };
  const documents = new DocumentEvents({ invalidate: (...of) => cache.invalidate(...of), delivered });
  return { cache, evidence, documents, webhookSecret };
}
