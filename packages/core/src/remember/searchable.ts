import { NearhitError } from '../errors.ts';
import type { ChangeLog } from '../ports/change-log.ts';

const LOOK_AGAIN_MS = 25;

/**
 * Resolves when every index has taken in what the log holds now. `position`: how far all of them are; one that can't be
 * asked is waited for. Throws FLUSH_TIMEOUT.
 */
export async function searchable(
  log: Pick<ChangeLog, 'bounds'>,
  position: () => Promise<number>,
  deadlineMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { lastSeq } = await log.bounds();
  for (;;) {
    let why = 'not yet searchable on every cache replica';
    try {
      if ((await position()) >= lastSeq) return;
    } catch {
      why = 'the cache service can not be asked whether it is searchable';
    }
    if (Date.now() > deadlineMs) throw new NearhitError('FLUSH_TIMEOUT', `Everything is stored; ${why}.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
