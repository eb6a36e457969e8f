import { type EntryFilter, entryLineOf } from '@nearhit/core';
import { rowOf } from '../evidence.ts';
import type { EntryReader, EvidenceAdmin } from '../ports.ts';

export interface ExportDeps {
  readonly entries: EntryReader;
  readonly pairs?: Pick<EvidenceAdmin['pairs'], 'list'> | undefined;
}

export interface ExportOptions {
  readonly filter: EntryFilter;
  readonly vectors: boolean;
  readonly pairs: boolean;
}

/** Read at a time, when the reader has taken what was read before. */
const ENTRIES_AT_ONCE = 50;
const PAIRS_AT_ONCE = 500;

/** Lines of JSON, some at a time. Entries first, the newest ahead; what is stored meanwhile may be missing. */
export async function* exportLines({ entries, pairs }: ExportDeps, options: ExportOptions): AsyncGenerator<string> {
  const { filter } = options;
  let cursor: string | undefined;
  do {
    const page = await entries.list(filter, { cursor, limit: ENTRIES_AT_ONCE });
    const whole = options.vectors ? await entries.getMany(page.entries.map(({ id }) => id)) : page.entries;
    yield linesOf(whole.flatMap((entry) => (entry === undefined ? [] : [{ type: 'entry', ...entryLineOf(entry) }])));
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (!options.pairs || pairs === undefined) return;
  const { tenant, namespace, model } = filter;
  do {
    const page = await pairs.list({ tenant, namespace, model }, { cursor, limit: PAIRS_AT_ONCE });
    yield linesOf(page.pairs.map((pair) => ({ type: 'pair', ...rowOf(pair) })));
    cursor = page.cursor;
  } while (cursor !== undefined);
}

const linesOf = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
