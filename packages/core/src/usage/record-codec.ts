import type { UsageRecord } from '../ports/usage-store.ts';

/** The order of a record's fields where it is kept; a new field goes to the end, so that old ones stay readable. */
const FIELDS = [
  'id',
  'requestId',
  'atMs',
  'tenant',
  'keyId',
  'namespace',
  'endpoint',
  'model',
  'provider',
  'upstreamModel',
  'attempts',
  'outcome',
  'layer',
  'reason',
  'status',
  'promptTokens',
  'cachedPromptTokens',
  'completionTokens',
  'costUsd',
  'estimated',
  'savedUsd',
  'savedTokens',
  'latencyMs',
  'firstByteMs',
  'overheadMs',
  'query',
] as const satisfies readonly (keyof UsageRecord)[];

const OPTIONAL = new Set<keyof UsageRecord>(['layer', 'reason', 'estimated', 'query']);
const NUMBERS = new Set<keyof UsageRecord>([
  ...(['atMs', 'attempts', 'status', 'promptTokens', 'cachedPromptTokens', 'completionTokens'] as const),
  ...(['costUsd', 'savedUsd', 'savedTokens', 'latencyMs', 'firstByteMs', 'overheadMs'] as const),
]);

/** A record without its field names: what stores and journals write down, as JSON or MessagePack. */
export type UsageTuple = (string | number | boolean | null)[];

export function usageTuple(record: UsageRecord): UsageTuple {
  const tuple: UsageTuple = new Array(FIELDS.length);
  for (let at = 0; at < FIELDS.length; at++) tuple[at] = record[FIELDS[at] as keyof UsageRecord] ?? null;
  return tuple;
}

/** Undefined for what `usageTuple` did not make. */
export function usageRecordFrom(tuple: unknown): UsageRecord | undefined {
  if (!Array.isArray(tuple)) return undefined;
  const record: Record<string, unknown> = {};
  for (const [at, name] of FIELDS.entries()) {
    const value: unknown = tuple[at] ?? undefined;
    if (value === undefined && OPTIONAL.has(name)) continue;
    if (!isFieldOf(name, value)) return undefined;
    record[name] = value;
  }
  return record as unknown as UsageRecord;
}

function isFieldOf(name: keyof UsageRecord, value: unknown): boolean {
  if (name === 'estimated') return typeof value === 'boolean';
  return NUMBERS.has(name) ? typeof value === 'number' : typeof value === 'string';
}
