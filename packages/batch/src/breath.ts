import { setImmediate } from 'node:timers/promises';

const WORK_MS = 8;

/** For long work on the thread that serves requests: lets them have their turn every few milliseconds. */
export function createBreath(): () => Promise<void> | undefined {
  let sinceMs = performance.now();
  return () => {
    if (performance.now() - sinceMs < WORK_MS) return undefined;
    return setImmediate().then(() => {
      sinceMs = performance.now();
    });
  };
}
