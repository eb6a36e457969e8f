import { type BatchStore, type FileStore, hasEnded } from '@nearhit/core';
import { BatchService } from './batch-service.ts';
import { FileService } from './file-service.ts';
import type { Seal } from './seal.ts';

export interface BatchRoomDeps {
  readonly files: FileStore;
  readonly batches: BatchStore;
  readonly seal: Seal;
  readonly now: () => number;
  readonly settings: () => { readonly fileBytesMax: number; readonly fileDays: number };
  readonly onChange?: (() => void) | undefined;
}

/** What the public door needs of batches. */
export interface BatchRoom {
  readonly files: FileService;
  readonly batches: BatchService;
}

/** Where lines may go. A runner has an `Ask` for each of them. */
const ENDPOINTS = ['/v1/chat/completions', '/v1/embeddings', '/v1/responses', '/v1/messages'] as const;

/** The files and batches of all tenants, without anybody who runs them. */
export function openBatchRoom({ files: store, batches, seal, now, settings, onChange }: BatchRoomDeps): BatchRoom {
  const files = new FileService({
    files: store,
    now,
    fileBytesMax: () => settings().fileBytesMax,
    fileDays: () => settings().fileDays,
    usedBy: async ({ id, tenant }) =>
      (await batches.unfinished()).find(
        (batch) => batch.inputFileId === id && batch.tenant === tenant && !hasEnded(batch),
      )?.id,
  });
  return { files, batches: new BatchService({ batches, files, seal, now, endpoints: ENDPOINTS, onChange }) };
}
