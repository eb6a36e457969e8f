import { type BatchRecord, type BatchStore, type Caller, hasEnded, NearhitError } from '@nearhit/core';
import { changeBatch } from './change.ts';
import type { FileService } from './file-service.ts';
import { noSuchAfter } from './file-service.ts';
import { BATCH_ID, newBatchId } from './ids.ts';
import type { OwnerOf } from './owner.ts';
import type { Seal } from './seal.ts';

export interface BatchServiceDeps {
  readonly batches: BatchStore;
  readonly files: Pick<FileService, 'get'>;
  readonly seal: Seal;
  readonly ownerOf: OwnerOf;
  readonly now: () => number;
  /** Where its lines may go: `/v1/chat/completions` ... */
  readonly endpoints: readonly string[];
  /** Told of each new batch and each cancelled one, so that a runner in this process need not look for it. */
  readonly onChange?: (() => void) | undefined;
}

export interface NewBatch {
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly completionWindow: string;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly outputExpiresAfterSeconds?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** As at OpenAI: there is one. */
const COMPLETION_WINDOW = '24h';
const WINDOW_MS = 86_400_000;

/** A tenant's batches. One of another tenant is not there: NOT_FOUND. */
export class BatchService {
  readonly #deps: BatchServiceDeps;

  constructor(deps: BatchServiceDeps) {
    this.#deps = deps;
  }

  /** Throws INVALID_REQUEST that names the field; what is wrong in the file itself is found later, by whoever runs it. */
  async create(caller: Caller, given: NewBatch): Promise<BatchRecord> {
    const { batches, seal, now, endpoints, ownerOf } = this.#deps;
    if (!endpoints.includes(given.endpoint))
      throw invalid('endpoint', `expected one of ${endpoints.join(', ')}, got ${shown(given.endpoint)}.`);
    if (given.completionWindow !== COMPLETION_WINDOW)
      throw invalid('completion_window', `expected '${COMPLETION_WINDOW}', got ${shown(given.completionWindow)}.`);
    const file = await this.#deps.files.get(caller, given.inputFileId).catch((error: unknown) => {
      if (!(error instanceof NearhitError) || error.kind !== 'NOT_FOUND') throw error;
      throw invalid('input_file_id', `there is no file ${shown(given.inputFileId)}.`);
    });
    if (file.purpose !== 'batch')
      throw invalid('input_file_id', `the file ${file.id} has the purpose '${file.purpose}', expected 'batch'.`);
    const createdAtMs = now();
    const { headers = {}, ...wanted } = given;
    const record: BatchRecord = {
      ...wanted,
      ...{ id: newBatchId(), tenant: ownerOf(caller), status: 'validating', headers, caller: seal.close(caller) },
      ...{
        counts: { total: 0, completed: 0, failed: 0 },
        createdAtMs,
        expiresAtMs: createdAtMs + WINDOW_MS,
        version: 1,
      },
    };
    await batches.create(record);
    this.#deps.onChange?.();
    return record;
  }

  /** Throws NOT_FOUND. */
  async get(caller: Caller, id: string): Promise<BatchRecord> {
    const batch = BATCH_ID.test(id) ? await this.#deps.batches.get(id) : undefined;
    if (batch === undefined || batch.tenant !== this.#deps.ownerOf(caller)) throw noSuchBatch(id);
    return batch;
  }

  /** Throws INVALID_REQUEST when there is no batch to go on after. */
  async list(
    caller: Caller,
    { after, limit }: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<{ batches: BatchRecord[]; hasMore: boolean }> {
    if (after !== undefined) await this.get(caller, after).catch(() => Promise.reject(noSuchAfter(after)));
    const some = await this.#deps.batches.list(this.#deps.ownerOf(caller), { after, limit: limit + 1 });
    return { batches: some.slice(0, limit), hasMore: some.length > limit };
  }

  /** What has been answered stays and is in the output file. Throws NOT_FOUND; INVALID_REQUEST when it is too late. */
  async cancel(caller: Caller, id: string): Promise<BatchRecord> {
    await this.get(caller, id);
    const cancelled = await changeBatch(this.#deps.batches, id, (batch) => {
      if (batch.status === 'cancelling' || batch.status === 'cancelled') return undefined;
      if (hasEnded(batch) || batch.status === 'finalizing')
        throw new NearhitError('INVALID_REQUEST', `Cannot cancel a batch with status '${batch.status}'.`);
      return { status: 'cancelling', cancellingAtMs: this.#deps.now() };
    });
    if (cancelled === undefined) throw noSuchBatch(id);
    this.#deps.onChange?.();
    return cancelled;
  }
}

const shown = (text: string): string => `'${text.slice(0, 100)}'`;

function invalid(param: string, message: string): NearhitError {
  return new NearhitError('INVALID_REQUEST', `Invalid request: '${param}': ${message}`, { param });
}

function noSuchBatch(id: string): NearhitError {
  return new NearhitError('NOT_FOUND', `No such batch: ${id.slice(0, 100)}.`);
}
