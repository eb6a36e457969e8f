import type { EntryId, FeedbackInput } from '@nearhit/core';

/** A checked body names a request or an entry. */
export function feedbackInput({
  requestId,
  entryId,
  query,
  verdict,
}: {
  readonly requestId?: string | undefined;
  readonly entryId?: string | undefined;
  readonly query?: string | undefined;
  readonly verdict: FeedbackInput['verdict'];
}): FeedbackInput {
  return requestId === undefined ? { verdict, entryId: entryId as EntryId, query } : { verdict, requestId };
}
