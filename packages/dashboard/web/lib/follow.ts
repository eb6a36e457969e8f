import { readEvents, type ServerEvent } from './sse.ts';

export interface FollowOptions {
  readonly open: (lastId: string | undefined, signal: AbortSignal) => Promise<Response>;
  /** Every event, in order, as many as came at once. */
  readonly onEvents: (events: readonly ServerEvent[]) => void;
  readonly onState: (state: 'connecting' | 'open' | 'lost') => void;
  /** As long as the stream says nothing, a comment included, it is taken for lost. */
  readonly silenceMs?: number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** Follows a stream of events for good: opened again, from where it was, whenever it is cut off. Returns what ends it. */
export function follow({ open, onEvents, onState, silenceMs = 10_000 }: FollowOptions): () => void {
  const ended = new AbortController();
  let lastId: string | undefined;
  let waitMs = FIRST_WAIT_MS;
  const once = async (): Promise<void> => {
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    ended.signal.addEventListener('abort', stop);
    let silence = setTimeout(stop, silenceMs);
    try {
      const response = await open(lastId, attempt.signal);
      if (!response.ok || response.body === null) return;
      onState('open');
      waitMs = FIRST_WAIT_MS;
      for await (const events of readEvents(response.body)) {
        clearTimeout(silence);
        silence = setTimeout(stop, silenceMs);
        lastId = events.findLast(({ id }) => id !== undefined)?.id ?? lastId;
        onEvents(events);
      }
    } finally {
      clearTimeout(silence);
      ended.signal.removeEventListener('abort', stop);
    }
  };
  void (async () => {
    onState('connecting');
    while (!ended.signal.aborted) {
      await once().catch(() => undefined);
      if (ended.signal.aborted) return;
      onState('lost');
      await pause(waitMs, ended.signal);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  })();
  return () => ended.abort();
}

/** So long, or until the browser is back online. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
}
