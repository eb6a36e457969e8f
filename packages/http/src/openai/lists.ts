import { z } from 'zod';

/** OpenAI's `after` and `limit`. */
export function pageQuery(limitMax: number, limitDefault: number) {
  const expected = `expected a whole number from 1 to ${limitMax}`;
  return z.object({
    after: z.string().min(1).max(256).optional(),
    limit: z.coerce.number(expected).int(expected).min(1, expected).max(limitMax, expected).default(limitDefault),
  });
}

/** OpenAI's list object. */
export function listOf<T extends { readonly id: string }>(data: readonly T[], hasMore: boolean) {
  return {
    object: 'list' as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}
