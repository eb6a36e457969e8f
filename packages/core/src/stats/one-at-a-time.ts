/** Runs never overlap; the calls that come during one share the next. Resolves or rejects with a run that began after the call. */
export function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    if (next !== undefined) return next;
    next = last
      .catch(() => {})
      .then(() => {
        next = undefined;
        return run();
      });
    last = next;
    return next;
  };
}
