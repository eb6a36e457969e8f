export { CacheAdmin, type CacheAdminDeps, type InvalidationReport } from './answer/admin.ts';
export { type AnswerDeps, createAnswer } from './answer/answer.ts';
export { newCallId } from './answer/call-id.ts';
export type { ChatCall } from './answer/chat-call.ts';
export {
  type DocumentEvent,
  type DocumentEventReport,
  DocumentEvents,
  type DocumentEventsDeps,
} from './answer/document-events.ts';
export type { Client } from './answer/flights.ts';
export { LiveReply, type ReplyListener } from './answer/live-reply.ts';
export type {
  Delivery,
  Exchange,
  HitOutcome,
  Outcome,
  RefusedOutcome,
  Settled,
  UpstreamOutcome,
} from './answer/outcome.ts';
export { PendingAnswers } from './answer/pending-answers.ts';
export { overheadMs } from './answer/record.ts';
export { rehearse } from './answer/rehearse.ts';
export { type ReplayReport, replayDecision } from './answer/replay.ts';
export type { FoundEntries } from './answer/search.ts';
export { type AskAudit, type AuditCall, type AuditReply, createAskAudit } from './audit/ask.ts';
export { type AuditorDeps, createAuditor } from './audit/auditor.ts';
export { AuditChoice, type ChooseDeps } from './audit/choose.ts';
export { createMemoryAudits, type MemoryAuditsOptions } from './audit/memory-queue.ts';
export { type AuditCounts, AuditTally } from './audit/tally.ts';
export {
  CALIBRATION_ORIGINS,
  type CalibrationInForce,
  type CalibrationOrigin,
  Calibrator,
} from './calibrate/calibrator.ts';
export { type CalibrationPrior, type PriorBin, UNKNOWN_COSINE } from './calibrate/prior.ts';
export {
  type CalibrationReport,
  countsOf,
  type ErrorBoundOf,
  errorBoundsOf,
  reportOf,
  type ScopeInForce,
  type ThresholdFigures,
} from './calibrate/report.ts';
export { Calibration, type CalibrationOptions } from './calibrate/service.ts';
export * from './caller.ts';
export { COSINE_FLOOR } from './decide/bar.ts';
export * from './decide/decide.ts';
export type { QuestionFacts } from './decide/facts.ts';
export { factsOf } from './decide/facts-memo.ts';
export { GUARDS } from './decide/guards/index.ts';
export { isSameText } from './decide/same-text.ts';
export { formOf } from './decide/text/question-form.ts';
export { PAIR_FEATURES, type PairFeature, pairFeaturesOf } from './decide/verify/features.ts';
export { Lexicon } from './decide/verify/lexicon.ts';
export * from './entry.ts';
export * from './errors.ts';
export {
  Feedback,
  type FeedbackBy,
  type FeedbackDeps,
  type FeedbackInput,
  type FeedbackReport,
} from './evidence/feedback.ts';
export { LinkMemory } from './evidence/links.ts';
export { judgedPair, LABEL_SOURCES, type NewPair, scopeKeyOf, textKeyOf } from './evidence/pair.ts';
export { type PlacedPair, pairPosition, readPairPage } from './evidence/pair-page.ts';
export * from './grants.ts';
export * from './ids.ts';
export { EmbeddedLimits, type EmbeddedLimitsOptions, isBudgeted } from './limits/embedded-limits.ts';
export * from './limits/periods.ts';
export type { SubjectState } from './limits/subject.ts';
export * from './policy/schema.ts';
export { type FilePolicies, PolicyService, type ResolvedPolicy } from './policy/service.ts';
export { volatileReason } from './policy/volatile.ts';
export * from './ports/audit-queue.ts';
export * from './ports/batch-store.ts';
export * from './ports/change-log.ts';
export * from './ports/decision-log.ts';
export * from './ports/delivered-events.ts';
export * from './ports/embedder.ts';
export * from './ports/file-store.ts';
export * from './ports/invalidations.ts';
export * from './ports/key-store.ts';
export * from './ports/limit-store.ts';
export * from './ports/memory-cache.ts';
export * from './ports/nearest-index.ts';
export * from './ports/observer.ts';
export * from './ports/pair-network.ts';
export * from './ports/pair-store.ts';
export * from './ports/policy-store.ts';
export * from './ports/queue-admin.ts';
export * from './ports/response-store.ts';
export * from './ports/sample-store.ts';
export * from './ports/service-registry.ts';
export * from './ports/shared-flights.ts';
export * from './ports/stats-store.ts';
export * from './ports/upstream.ts';
export * from './ports/usage-store.ts';
export * from './ports/verifier.ts';
export * from './ports/write-queue.ts';
export { isRunning, type ProcessMark, thisProcess } from './process-mark.ts';
export { RecentMap } from './recent-map.ts';
export { ChangeFeed } from './remember/change-feed.ts';
export { failureReason } from './remember/failure-reason.ts';
export {
  followWithIndex,
  followWithMemory,
  type IndexFollowerOptions,
  type MemoryFollowerOptions,
} from './remember/followers.ts';
export { LogFollower, type LogFollowerOptions, type LogPosition } from './remember/log-follower.ts';
export {
  applyRecords,
  finishUnlogged,
  type RecoverDeps,
  type Recovery,
  rebuild,
  recover,
  reembed,
} from './remember/recover.ts';
export { forget, type RememberDeps, remember } from './remember/remember.ts';
export { searchable } from './remember/searchable.ts';
export { compact, maintain, snapshot, type UpkeepDeps } from './remember/upkeep.ts';
export { type PendingWrite, type WriteDeps, writeUnlessVoid } from './remember/voided.ts';
export { createWriteBehind, type WriteBehind, type WriteBehindOptions } from './remember/write-behind.ts';
export { isObject, type JsonObject, own, put, without } from './reply/answer.ts';
export { assembleStream, readJsonAnswer } from './reply/assemble.ts';
export { piecesOf } from './reply/pieces.ts';
export { renderSse } from './reply/render.ts';
export { ReplyEdges } from './reply/reply-edges.ts';
export { type SseEvent, SseParser, sseError } from './reply/sse.ts';
export { ToolCalls } from './reply/tool-calls.ts';
export { estimateTokens, guessedPromptTokens, promptTokensOf, usageOf } from './reply/usage.ts';
export { type ChatRequest, chatRequestSchema, FIELD_ROLES } from './request/chat-fields.ts';
export { CONTROL_HEADERS, type Controls, readControls } from './request/controls.ts';
export { invalidRequest, pathText } from './request/faults.ts';
export { type PreparedRequest, parseJsonObject, prepare } from './request/prepare.ts';
export { topFields } from './request/top-fields.ts';
export {
  createMemoryDecisions,
  DecisionRing,
  isAskedFor,
  type MemoryDecisionsOptions,
  matchesDecision,
} from './stats/decision-ring.ts';
export { oneAtATime } from './stats/one-at-a-time.ts';
export * from './stats/stats.ts';
export { Admission, watchRoom } from './store/admission.ts';
export { clockKey, comparePositions, decodeCursor, type EntryPosition, encodeCursor } from './store/entry-cursor.ts';
export { entryMatches, tagTerms } from './store/entry-filter.ts';
export { type EntryHead, entryOf, type HeadTuple, headOf, headTuple } from './store/entry-head.ts';
export { chooseVictims, rankOf, VICTIMS_MAX, worthOf } from './store/eviction.ts';
export { createMemoryBatches, Leases, pageOfBatches } from './store/memory-batches.ts';
export { createMemoryDeliveredEvents } from './store/memory-delivered-events.ts';
export { createMemoryFiles, noSuchFile, pageOfFiles } from './store/memory-files.ts';
export { createMemoryInvalidations } from './store/memory-invalidations.ts';
export { keyCursor, keyPage } from './store/memory-keys.ts';
export { MemoryNearestIndex } from './store/memory-nearest-index.ts';
export { createMemoryNetwork, type MemoryNetwork } from './store/memory-network.ts';
export { assertEntryId } from './store/memory-responses.ts';
export { createMemoryStore } from './store/memory-store.ts';
export type { Stores } from './store/stores.ts';
export { totalUsage } from './store/usage-total.ts';
export { type EntryLine, entryLineOf } from './transfer/entry-line.ts';
export { type ReadEntryDeps, readEntry } from './transfer/read-entry.ts';
export { dot } from './unit-vector.ts';
export {
  addCounters,
  countersOf,
  nanoUsd,
  noCounters,
  totalsOf,
  USAGE_COUNTERS,
  type UsageCounters,
} from './usage/counters.ts';
export { readUsagePage, type UsageReaderOptions } from './usage/read-page.ts';
export { type UsageTuple, usageRecordFrom, usageTuple } from './usage/record-codec.ts';
export {
  dayStartMs,
  groupUsage,
  matchesUsage,
  USAGE_GROUPS,
  type UsageGroup,
  type UsageGroupBy,
  usageDay,
  usageKeyFrom,
  usageKeyOf,
  usageKeyText,
} from './usage/rollup.ts';
export { idOfPosition, usagePosition } from './usage/usage-cursor.ts';
export { usageRecordOf } from './usage/usage-record.ts';
export { type WhatIfQuery, type WhatIfReport, whatIf } from './what-if/what-if.ts';
export { within } from './within.ts';
