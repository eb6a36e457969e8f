import type { Change, EntryChange, EntryId, Invalidation, PairId } from '@nearhit/core';

const ID = /^([+x-])([0-9a-f]{64})(?:@(.+))?$/;
const PAIR = /^l([0-9a-f]{64})$/;
const KINDS = { '+': 'add', '-': 'delete', x: 'expire' } as const;

export const POLICY_RECORD = 'p';
export const SAMPLES_RECORD = 's';

/** One change as a line: `+<id>[@<createdAtMs>]`, `-<id>`, `x<id>`, `p`, `i<JSON>`, `l<id of a pair>`, `s`. */
export function encodeChange(change: EntryChange): string {
  if (change.kind !== 'add') return `${change.kind === 'delete' ? '-' : 'x'}${change.id}`;
  return change.createdAtMs === undefined ? `+${change.id}` : `+${change.id}@${change.createdAtMs}`;
}

export function encodeInvalidation({ filter, atMs }: Invalidation): string {
  return `i${JSON.stringify({ filter, atMs })}`;
}

export function decodeChange(record: string): Change {
  const match = ID.exec(record);
  if (match !== null) {
    const kind = KINDS[match[1] as keyof typeof KINDS];
    const id = match[2] as EntryId;
    const createdAtMs = kind === 'add' && match[3] !== undefined ? Number(match[3]) : undefined;
    return createdAtMs === undefined ? { kind, id } : ({ kind, id, createdAtMs } as EntryChange);
  }
  if (record.startsWith('i')) {
    const invalidation = parse(record.slice(1));
    if (invalidation !== undefined) return { kind: 'invalidate', ...invalidation };
  }
  const pair = PAIR.exec(record)?.[1];
  if (pair !== undefined) return { kind: 'pair', id: pair as PairId };
  if (record === SAMPLES_RECORD) return { kind: 'samples' };
  // Of a newer version, perhaps. Readers have to get past it, and reading the policies again is always right.
  return { kind: 'policy' };
}

function parse(json: string): Invalidation | undefined {
  try {
    const { filter, atMs } = JSON.parse(json) as Invalidation;
    return typeof filter === 'object' && filter !== null && typeof atMs === 'number' ? { filter, atMs } : undefined;
  } catch {
    return undefined;
  }
}
