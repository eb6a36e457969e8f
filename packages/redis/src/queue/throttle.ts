/** Passes on the first call, then at most one per `intervalMs`; the others are not made up for. */
export function atMostEvery<A extends readonly unknown[]>(intervalMs: number, call: (...args: A) => void) {
  let lastAtMs = Number.NEGATIVE_INFINITY;
  return (...args: A): void => {
    const atMs = performance.now();
    if (atMs - lastAtMs < intervalMs) return;
    lastAtMs = atMs;
    call(...args);
  };
}
