import type { BatchRecord, FileRecord } from '@nearhit/core';

const seconds = (ms: number): number => Math.floor(ms / 1000);
const secondsOrNull = (ms: number | undefined): number | null => (ms === undefined ? null : seconds(ms));

/** OpenAI's file object. */
export function fileObject(file: FileRecord) {
  return {
    id: file.id,
    object: 'file' as const,
    bytes: file.bytes,
    created_at: seconds(file.createdAtMs),
    expires_at: seconds(file.expiresAtMs),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed' as const,
    status_details: null,
  };
}

/** OpenAI's batch object. */
export function batchObject(batch: BatchRecord) {
  return {
    id: batch.id,
    object: 'batch' as const,
    endpoint: batch.endpoint,
    model: batch.model ?? null,
    errors: errorsOf(batch),
    input_file_id: batch.inputFileId,
    completion_window: batch.completionWindow,
    status: batch.status,
    output_file_id: batch.outputFileId ?? null,
    error_file_id: batch.errorFileId ?? null,
    created_at: seconds(batch.createdAtMs),
    in_progress_at: secondsOrNull(batch.inProgressAtMs),
    expires_at: seconds(batch.expiresAtMs),
    finalizing_at: secondsOrNull(batch.finalizingAtMs),
    completed_at: secondsOrNull(batch.completedAtMs),
    failed_at: secondsOrNull(batch.failedAtMs),
    expired_at: secondsOrNull(batch.expiredAtMs),
    cancelling_at: secondsOrNull(batch.cancellingAtMs),
    cancelled_at: secondsOrNull(batch.cancelledAtMs),
    request_counts: { ...batch.counts },
    usage: usageOf(batch),
    metadata: batch.metadata ?? null,
  };
}

export type FileObject = ReturnType<typeof fileObject>;
export type BatchObject = ReturnType<typeof batchObject>;

function errorsOf({ faults }: BatchRecord) {
  if (faults === undefined || faults.length === 0) return null;
  const data = faults.map(({ code, message, param, line }) => ({
    ...{ code, message, param: param ?? null, line: line ?? null },
  }));
  return { object: 'list' as const, data };
}

function usageOf({ usage }: BatchRecord) {
  if (usage === undefined) return undefined;
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedPromptTokens },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}
