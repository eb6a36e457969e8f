import { NearhitError } from '../errors.ts';
import type { ChangeLog } from '../ports/change-log.ts';

const LOOK_AGAIN_MS = 25;

/** Resolves when every index has taken in what the log holds now. `position`: how far all of them are. Throws FLUSH_TIMEOUT. */
export async function searchable(
  log: Pick<ChangeLog, 'bounds'>,
  position: () => Promise<number>,
  deadlineMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { lastSeq } = await log.bounds();
  while ((await position()) < lastSeq) {
    if (Date.now() > deadlineMs)
      throw new NearhitError('FLUSH_TIMEOUT', 'Everything is stored, but not yet searchable on every cache replica.');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
