import { NearhitError } from '../errors.ts';
import type { FileListing, FileRecord, FileStore } from '../ports/file-store.ts';

export function noSuchFile(id: string): NearhitError {
  return new NearhitError('NOT_FOUND', `No such file: ${id.slice(0, 100)}.`);
}

/** One page out of all records of a tenant, in any order. */
export function pageOfFiles(records: Iterable<FileRecord>, listing: FileListing): FileRecord[] {
  const { purpose, order, after, limit } = listing;
  const sign = order === 'asc' ? 1 : -1;
  const sorted = [...records]
    .filter((record) => purpose === undefined || record.purpose === purpose)
    .sort((a, b) => sign * (a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1)));
  const from = after === undefined ? 0 : sorted.findIndex(({ id }) => id === after) + 1;
  return sorted.slice(from, from + limit);
}

interface Kept {
  readonly record: FileRecord;
  readonly pieces: readonly Buffer[];
}

/** Files that end with the process: the test double of every durable store. */
export function createMemoryFiles(): FileStore {
  const files = new Map<string, Kept>();
  return {
    async draft(id) {
      const pieces: Buffer[] = [];
      return {
        async append(bytes) {
          pieces.push(Buffer.from(bytes));
        },
        async finish(file) {
          const record = { ...file, id, bytes: pieces.reduce((sum, { length }) => sum + length, 0) };
          files.set(id, { record, pieces });
          return record;
        },
        async discard() {},
      };
    },
    get: async (id) => files.get(id)?.record,
    async *read(id, fromByte = 0) {
      const kept = files.get(id);
      if (kept === undefined) throw noSuchFile(id);
      let at = 0;
      for (const piece of kept.pieces) {
        if (files.get(id) !== kept) throw noSuchFile(id);
        const rest = piece.subarray(Math.max(0, fromByte - at));
        at += piece.length;
        if (rest.length > 0) yield Buffer.from(rest);
      }
    },
    async list(tenant, listing) {
      const own = [...files.values()].map(({ record }) => record).filter((record) => record.tenant === tenant);
      return pageOfFiles(own, listing);
    },
    delete: async (id) => files.delete(id),
    async sweep(nowMs) {
      const expired = [...files.values()].filter(({ record }) => record.expiresAtMs <= nowMs);
      for (const { record } of expired) files.delete(record.id);
      return expired.length;
    },
  };
}
