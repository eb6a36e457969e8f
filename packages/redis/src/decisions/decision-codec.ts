import type { DecisionRecord } from '@nearhit/core';
import { Packr } from 'msgpackr';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const OUTCOMES = new Set(['hit', 'miss', 'bypass', 'stale', 'error']);
const LAYERS = new Set(['l1', 'l2', 'semantic']);

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string';
const amount: Check = (value) => Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const optional =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));

/** A MessagePack array in this order; a new field goes to the end, so that replicas of two versions read one another. */
const FIELDS: readonly (readonly [keyof DecisionRecord, Check])[] = [
  ['requestId', text],
  ['atMs', amount],
  ['tenant', text],
  ['namespace', text],
  ['model', text],
  ['outcome', (value) => OUTCOMES.has(value as string)],
  ['layer', optional((value) => LAYERS.has(value as string))],
  ['reason', optional(text)],
  ['similarity', optional(amount)],
  ['threshold', amount],
  ['entryId', optional(text)],
  ['candidate', optional(shape({ entryId: text, query: text }))],
  ['query', text],
  ['stream', flag],
  ['status', amount],
  ['provider', optional(text)],
  ['usage', optional(shape({ promptTokens: amount, completionTokens: amount }))],
  ['costUsd', amount],
  ['savedUsd', amount],
  ['latencyMs', amount],
  ['firstByteMs', amount],
  ['overheadMs', amount],
  ['id', optional(text)],
  ['endpoint', optional(text)],
  ['keyId', optional(text)],
  ['upstreamModel', optional(text)],
  ['attempts', optional(amount)],
  ['shared', optional(flag)],
  ['cachedPromptTokens', optional(amount)],
  ['route', optional(shape({ policy: text, ranked: Array.isArray, attempts: Array.isArray }))],
  ['fingerprint', optional(text)],
  ['score', optional(amount)],
  ['scorer', optional(text)],
  ['queryKey', optional(text)],
  ['stage', optional(text)],
  ['volatile', optional(text)],
  ['notStored', optional(text)],
  ['exactOnly', optional(text)],
  ['basis', optional(shape({ embeddingModel: text, rules: text, similarityMin: amount, candidates: Array.isArray }))],
];

export function encodeDecision(decision: DecisionRecord): Buffer {
  return packr.pack(FIELDS.map(([name]) => decision[name] ?? null)) as Buffer;
}

/** Undefined when `encodeDecision` did not make it. */
export function decodeDecision(bytes: Buffer): DecisionRecord | undefined {
  let values: unknown;
  try {
    values = packr.unpack(bytes);
  } catch {
    return undefined;
  }
  if (!Array.isArray(values)) return undefined;
  const decision: Record<string, unknown> = {};
  for (const [at, [name, check]] of FIELDS.entries()) {
    // One that an older version wrote has fewer.
    const value: unknown = values[at] ?? null;
    if (!check(value)) return undefined;
    if (value !== null) decision[name] = value;
  }
  return decision as unknown as DecisionRecord;
}
