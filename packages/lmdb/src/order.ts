import { rankOf, worthOf } from '@nearhit/core';
import type { Head } from './entry-codec.ts';
import { int48, namespaceTerm, orderedKey, RANK_BYTES, rankedKey } from './keys.ts';
import type { Tables } from './tables.ts';
import type { Plan } from './writer.ts';

/** Puts a row into the order in which its namespace is evicted. */
export function putInOrder(tables: Tables, plan: Plan, row: number, head: Head, uses: number): void {
  const namespace = namespaceTerm(head.scope.tenant, head.scope.namespace);
  const rank = rankOf(readClock(tables, namespace), uses, worthOf(head, head.bytes));
  plan.put(tables.ranks, rankedKey(namespace, rank, row), int48(head.bytes));
  plan.put(tables.uses, int48(row), usesValue(rank, uses));
}

export function takeFromOrder(tables: Tables, plan: Plan, row: number, head: Head): void {
  const namespace = namespaceTerm(head.scope.tenant, head.scope.namespace);
  const rowKey = int48(row);
  const ranked = tables.uses.getBinaryFast(rowKey);
  if (ranked !== undefined) {
    plan.remove(tables.ranks, rankedKey(namespace, ranked.readDoubleBE(0), row));
    plan.remove(tables.uses, rowKey);
    return;
  }
  const usedAtMs = tables.used.getBinaryFast(rowKey)?.readUIntBE(0, 6) ?? 0;
  plan.remove(tables.lru, orderedKey(namespace, usedAtMs, row));
  plan.remove(tables.used, rowKey);
}

/** How often it was written or served; 1 for a row from before this was counted. */
export function readUses(tables: Tables, row: number): number {
  return tables.uses.getBinaryFast(int48(row))?.readUInt32BE(RANK_BYTES) ?? 1;
}

export function readClock(tables: Tables, namespace: Buffer): number {
  return tables.clocks.getBinaryFast(namespace)?.readDoubleBE(0) ?? 0;
}

export function clockValue(clock: number): Buffer {
  const value = Buffer.allocUnsafe(RANK_BYTES);
  value.writeDoubleBE(clock);
  return value;
}

const USES_MAX = 2 ** 32 - 1;

function usesValue(rank: number, uses: number): Buffer {
  const value = Buffer.allocUnsafe(RANK_BYTES + 4);
  value.writeDoubleBE(rank);
  value.writeUInt32BE(Math.min(uses, USES_MAX), RANK_BYTES);
  return value;
}
