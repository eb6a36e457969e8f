import type { NamespaceUsage } from '@nearhit/core';
import { SHARDS } from './keys.ts';
import type { Shards } from './shards.ts';

/** Of all shards together. */
export async function readUsage(shards: Shards): Promise<NamespaceUsage[]> {
  const parts = await Promise.all(
    SHARDS.map((shard) => shards.commands.run((client) => client.hgetall(shards.key(shard, 'usage')))),
  );
  const sums = new Map<string, { tenant: string; namespace: string; entries: number; bytes: number }>();
  for (const part of parts) {
    for (const [field, names] of Object.entries(part)) {
      if (!field.startsWith('t')) continue;
      const term = field.slice(1);
      const [tenant, namespace] = JSON.parse(names) as [string, string];
      const sum = sums.get(term) ?? { tenant, namespace, entries: 0, bytes: 0 };
      sum.entries += Number(part[`n${term}`] ?? 0);
      sum.bytes += Number(part[`b${term}`] ?? 0);
      sums.set(term, sum);
    }
  }
  return [...sums.values()];
}

/** Of one namespace, by its term. */
export async function readUsageOf(shards: Shards, term: string): Promise<{ entries: number; bytes: number }> {
  const parts = await Promise.all(
    SHARDS.map((shard) =>
      shards.commands.run((client) => client.hmget(shards.key(shard, 'usage'), `n${term}`, `b${term}`)),
    ),
  );
  return parts.reduce(
    (sum, [entries, bytes]) => ({ entries: sum.entries + Number(entries ?? 0), bytes: sum.bytes + Number(bytes ?? 0) }),
    { entries: 0, bytes: 0 },
  );
}
