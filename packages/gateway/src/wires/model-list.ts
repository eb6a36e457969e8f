type Named = Readonly<Record<string, unknown>>;

/** Models out of a provider's list; those without an id are left out. Throws on what is no list. */
export function readModels(
  list: unknown,
  of: (model: Named) => { id: unknown; created?: unknown },
): { id: string; created: number }[] {
  return (list as Named[]).flatMap((model) => {
    const { id, created } = of(model);
    if (typeof id !== 'string' || id === '') return [];
    return [{ id, created: Number.isSafeInteger(created) ? (created as number) : 0 }];
  });
}

/** Seconds since 1970 of an ISO date; 0 when it is none. */
export function secondsOf(date: unknown): number {
  return Math.floor(Date.parse(String(date)) / 1000) || 0;
}
