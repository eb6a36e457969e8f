import { setTimeout as sleep } from 'node:timers/promises';

/** Above this share of its time at work a process has none left for those who wait for their answers now. */
const BUSY_SHARE = 0.9;
const LOOK_MS = 100;
/** What waits forever is never done. */
const LOOKS_MAX = 100;

/** Resolves when the process has time to spare: at once where it has, after 10 s at the latest. */
export function createCalm(): () => Promise<void> {
  let seen = performance.eventLoopUtilization();
  const isBusy = (): boolean => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, seen);
    seen = now;
    return utilization > BUSY_SHARE;
  };
  return async () => {
    for (let look = 0; isBusy() && look < LOOKS_MAX; look += 1) await sleep(LOOK_MS);
  };
}
