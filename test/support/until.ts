/** Looks again and again until it is so; rejects with `what` after a while. A check that throws is one that failed. */
export async function until(what: string, check: () => Promise<boolean> | boolean, timeoutMs = 15_000): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await check()) return;
    } catch (error) {
      last = error;
    }
    if (Date.now() > giveUpAt) throw new Error(`waited in vain: ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
