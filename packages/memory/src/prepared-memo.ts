import type { Memo, PreparedRequest } from '@nearhit/core';
import { createMemo } from './memo.ts';

const ENTRIES_MAX = 10_000;
const BYTES_MAX = 33_554_432;

/** What the same bytes meant last time, for `createAnswer`. */
export function createPreparedMemo(): Memo<{ request: PreparedRequest; policyVersion: number }> {
  return createMemo({
    entriesMax: ENTRIES_MAX,
    // A body's texts are most of what is kept of it, at up to two bytes a character.
    bytes: { max: BYTES_MAX, of: ({ request }) => 1024 + 2 * request.promptChars },
  });
}
