import type { NamespaceUsage } from '../ports/response-store.ts';

/** Over all the namespaces given. */
export function totalUsage(usage: readonly NamespaceUsage[]): { entries: number; bytes: number } {
  const total = { entries: 0, bytes: 0 };
  for (const { entries, bytes } of usage) {
    total.entries += entries;
    total.bytes += bytes;
  }
  return total;
}
