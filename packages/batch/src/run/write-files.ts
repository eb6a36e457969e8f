import type { BatchRecord, BatchStore, FileDraft, FileStore } from '@nearhit/core';
import { errorFileId, outputFileId } from '../ids.ts';

const LINES_PER_READ = 256;
const LINE_BREAK = Buffer.from('\n');
const DAY_MS = 86_400_000;

export interface WriteFilesDeps {
  readonly files: FileStore;
  readonly batches: Pick<BatchStore, 'results'>;
  readonly now: () => number;
  readonly fileDays: () => number;
}

/**
 * Output and error file out of the stored results, in the order of the input. Done again after a crash it writes the same
 * files over. An id is absent where there is nothing for its file.
 */
export async function writeFiles(
  batch: BatchRecord,
  deps: WriteFilesDeps,
): Promise<Pick<BatchRecord, 'outputFileId' | 'errorFileId'>> {
  const output = await deps.files.draft(outputFileId(batch.id));
  const errors = await deps.files.draft(errorFileId(batch.id));
  const written = { output: 0, errors: 0 };
  try {
    for (let from = 1; from <= (batch.lastLine ?? 0); from += LINES_PER_READ) {
      const results = await deps.batches.results(batch.id, from, from + LINES_PER_READ - 1);
      const [good, bad] = [results.filter(({ ok }) => ok), results.filter(({ ok }) => !ok)];
      if (good.length > 0) await output.append(joined(good));
      if (bad.length > 0) await errors.append(joined(bad));
      written.output += good.length;
      written.errors += bad.length;
    }
    return {
      ...(written.output > 0 && { outputFileId: await finish(output, 'output', batch, deps) }),
      ...(written.errors > 0 && { errorFileId: await finish(errors, 'error', batch, deps) }),
    };
  } finally {
    await Promise.all([output.discard(), errors.discard()]);
  }
}

const joined = (results: readonly { readonly text: string }[]): Buffer =>
  Buffer.concat(results.flatMap(({ text }) => [Buffer.from(text), LINE_BREAK]));

async function finish(
  draft: FileDraft,
  kind: 'output' | 'error',
  batch: BatchRecord,
  { now, fileDays }: WriteFilesDeps,
): Promise<string> {
  const createdAtMs = now();
  const keptMs =
    batch.outputExpiresAfterSeconds === undefined ? fileDays() * DAY_MS : batch.outputExpiresAfterSeconds * 1000;
  const { id } = await draft.finish({
    id: kind === 'output' ? outputFileId(batch.id) : errorFileId(batch.id),
    tenant: batch.tenant,
    filename: `${batch.id}_${kind}.jsonl`,
    purpose: 'batch_output',
    createdAtMs,
    expiresAtMs: createdAtMs + keptMs,
  });
  return id;
}
