import type { Database, RootDatabase } from 'lmdb';
import { ANSWER_DICTIONARY } from './answer-dictionary.ts';

export type Table = Database<Buffer, Buffer>;
export type Root = RootDatabase<Buffer, Buffer>;

/**
 * Format 1. An entry is a row, numbered in order of arrival, so that payloads are appended and every index entry is
 * short. Numbers in keys are big-endian, 6 bytes.
 */
export interface Tables {
  /** Entry id (32 bytes) -> row. */
  readonly ids: Table;
  /** Identity (16 bytes) -> row of the newest entry that has it. */
  readonly identities: Table;
  /** Row -> everything but answer and vector (entry-codec.ts). */
  readonly heads: Table;
  /** Row -> the answer's bytes; LZ4 above a size. */
  readonly bodies: Table;
  /** Row -> 32-bit floats, little-endian. */
  readonly vectors: Table;
  /** Row -> rank (double), uses (4 bytes). */
  readonly uses: Table;
  /** Namespace term, rank, row -> accounted bytes (6 bytes): in this order they are evicted. */
  readonly ranks: Table;
  /** Namespace term -> the highest rank that was evicted (double). */
  readonly clocks: Table;
  /** Row -> last use; namespace term, last use, row -> cost (double), bytes (6 bytes): of rows from before there were ranks. */
  readonly used: Table;
  readonly lru: Table;
  /** Term (all, namespace, tag, context), creation, row -> nothing: the newest-first lists. */
  readonly lists: Table;
  /** `staleUntilMs`, row -> nothing. */
  readonly expiry: Table;
  /** Term of the embedding model, row -> nothing; entries that may be found by similarity only. */
  readonly embedded: Table;
  /** Namespace term -> [tenant, namespace, entries, bytes]. */
  readonly usage: Table;
  /** Entry id -> nothing: changed since the log last heard of it. */
  readonly unlogged: Table;
  /** Sequence number -> kind (1 byte), entry id, of an added one its creation (double) if it was told. */
  readonly log: Table;
  readonly policies: Table;
  /** Id of a judged pair -> record; position (time, id) -> nothing; term of its scope or tenant, position -> nothing. */
  readonly pairs: Table;
  readonly pairOrder: Table;
  readonly pairGroups: Table;
  /** Number -> labelled sample; term of its id -> number; term of its scope or tenant, number -> nothing. */
  readonly samples: Table;
  readonly sampleIds: Table;
  readonly sampleGroups: Table;
  /** Term of an id -> record; term of the tenant, creation, id -> nothing. */
  readonly files: Table;
  readonly fileLists: Table;
  readonly batches: Table;
  readonly batchLists: Table;
  /** Term of a batch, line -> [ok, JSON], until they stand in files. */
  readonly batchResults: Table;
  /** Minute, term of namespace and model -> bucket. */
  readonly stats: Table;
  /** Position (end of the request as 12 hex digits, id) -> the record of its usage. */
  readonly usageRecords: Table;
  /** Id of a usage record -> nothing: it was counted. */
  readonly usageIds: Table;
  /** Day, term of the key -> [key, counters]. */
  readonly usageSums: Table;
  /** `k` id -> API key; `h` hash -> id; `t` id -> tenant. */
  readonly access: Table;
  /** Term of tenant and subject -> what it has used (limits.ts). */
  readonly limits: Table;
  /** `usage-forgotten`: end of the requests whose records are no longer kept. `row`, `seq`, `sample-seq`: the last numbers given out. `epoch`: of the log. `keys-revision`. `format` is written by format.ts. */
  readonly meta: Table;
}

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;
export const ENV_OPTIONS = { ...BINARY, maxDbs: 64 } as const;

export function openMeta(root: Root): Table {
  return root.openDB<Buffer, Buffer>({ name: 'meta', ...BINARY });
}

export function openTables(root: Root, compressAboveBytes: number): Tables {
  const open = (name: string): Table => root.openDB<Buffer, Buffer>({ name, ...BINARY });
  return {
    ids: open('ids'),
    identities: open('identities'),
    heads: open('heads'),
    bodies: root.openDB<Buffer, Buffer>({
      name: 'bodies',
      ...BINARY,
      // Changing the dictionary makes stored answers unreadable: a new one needs a new format.
      compression: { threshold: compressAboveBytes, dictionary: ANSWER_DICTIONARY },
    }),
    vectors: open('vectors'),
    uses: open('uses'),
    ranks: open('ranks'),
    clocks: open('clocks'),
    used: open('used'),
    lru: open('lru'),
    lists: open('lists'),
    expiry: open('expiry'),
    embedded: open('embedded'),
    usage: open('usage'),
    unlogged: open('unlogged'),
    log: open('log'),
    policies: open('policies'),
    pairs: open('pairs'),
    pairOrder: open('pair-order'),
    pairGroups: open('pair-groups'),
    samples: open('samples'),
    sampleIds: open('sample-ids'),
    sampleGroups: open('sample-groups'),
    files: open('files'),
    fileLists: open('file-lists'),
    batches: open('batches'),
    batchLists: open('batch-lists'),
    batchResults: open('batch-results'),
    stats: open('stats'),
    usageRecords: open('usage-records'),
    usageIds: open('usage-ids'),
    usageSums: open('usage-sums'),
    access: open('access'),
    limits: open('limits'),
    meta: openMeta(root),
  };
}
