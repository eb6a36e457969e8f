import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { wordsOf } from './api.ts';

export interface Resource<T> {
  /** The last answer; it stays while a newer one is fetched, and when that fails. */
  readonly data: T | undefined;
  /** In words; undefined when the last call went well. */
  readonly error: string | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

/** What a call answers, fetched anew whenever `deps` change, and every `everyMs` while the page is seen. */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  deps: readonly unknown[],
  everyMs?: number,
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, 'reload'>>({ data: undefined, error: undefined, loading: true });
  const [turn, setTurn] = useState(0);
  const newest = useRef(load);
  newest.current = load;
  // The caller says what the call depends on.
  useEffect(() => {
    const gone = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    newest.current(gone.signal).then(
      (data) => gone.signal.aborted || setState({ data, error: undefined, loading: false }),
      (error) => gone.signal.aborted || setState((before) => ({ ...before, error: wordsOf(error), loading: false })),
    );
    return () => gone.abort();
  }, [...deps, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, reload]);
  return { ...state, reload };
}

/** `value`, once it has stayed the same for `ms`. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(() => value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** Something an operator does: not twice at once, its failure in words. */
export function useAction<A extends unknown[]>(act: (...args: A) => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const run = async (...args: A): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await act(...args);
      return true;
    } catch (failure) {
      setError(wordsOf(failure));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error, clear: () => setError(undefined) };
}
