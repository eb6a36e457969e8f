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

/** In the order of `FIELDS`. Written out: every request makes two, and reading fields by names in a loop costs three times as much. */
export function usageTuple(record: UsageRecord): UsageTuple {
  const { layer = null, reason = null, estimated = null, query = null } = record;
  return [
    record.id,
    record.requestId,
    record.atMs,
    record.tenant,
    record.keyId,
    record.namespace,
    record.endpoint,
    record.model,
    record.provider,
    record.upstreamModel,
    record.attempts,
    record.outcome,
    layer,
    reason,
    record.status,
    record.promptTokens,
    record.cachedPromptTokens,
    record.completionTokens,
    record.costUsd,
    estimated,
    record.savedUsd,
    record.savedTokens,
    record.latencyMs,
    record.firstByteMs,
    record.overheadMs,
    query,
  ];
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
