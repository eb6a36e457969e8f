import { hash } from 'node:crypto';
import {
  countersOf,
  dayStartMs,
  type UsageRecord,
  usageKeyOf,
  usageKeyText,
  usagePosition,
  usageTuple,
} from '@nearhit/core';
import { Packr } from 'msgpackr';
import type { ScriptArgument } from '../commands.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const DAY_MS = 86_400_000;
const TERM_BYTES = 16;

export const dayNumber = (day: string): number => Math.max(0, Math.floor(dayStartMs(day) / DAY_MS));

/** What APPEND_USAGE takes. */
export function appendArguments(records: readonly UsageRecord[]): ScriptArgument[] {
  const groups = new Map<string, number>();
  const described: [day: string, dayNumber: number, term: string, key: string][] = [];
  const rows: [id: string, position: string, atMs: number, group: number, counters: number[]][] = [];
  const packed: Buffer[] = [];
  for (const record of records) {
    const key = usageKeyOf(record);
    const text = usageKeyText(key);
    let group = groups.get(text);
    if (group === undefined) {
      group = described.push([key.day, dayNumber(key.day), termOf(text), text]);
      groups.set(text, group);
    }
    rows.push([record.id, usagePosition(record.atMs, record.id), Math.floor(record.atMs), group, countersOf(record)]);
    packed.push(packr.pack(usageTuple(record)) as Buffer);
  }
  // Few arguments: each costs the client more than what is in it.
  return [packr.pack(described) as Buffer, packr.pack(rows) as Buffer, ...packed];
}

/** Undefined when there is nothing that could be read. */
export function unpackTuple(bytes: Buffer | null | undefined): unknown {
  if (bytes === null || bytes === undefined) return undefined;
  try {
    return packr.unpack(bytes);
  } catch {
    return undefined;
  }
}

function termOf(text: string): string {
  return hash('sha256', text, 'buffer').subarray(0, TERM_BYTES).toString('base64url');
}
