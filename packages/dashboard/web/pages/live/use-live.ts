import type { DecisionsAnswer } from '@nearhit/http/admin-types';
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, send } from '../../lib/api.ts';
import { follow } from '../../lib/follow.ts';
import type { ServerEvent } from '../../lib/sse.ts';
import { afterEvents, type LiveState, NOTHING_YET, withOlder } from './live-state.ts';

export type Connection = 'connecting' | 'open' | 'lost';

export const live = signal<LiveState>(NOTHING_YET);
export const connection = signal<Connection>('connecting');
/** Draw no more and no less than the screen shows; an unseen page needs no frame at all. */
const UNSEEN_MS = 1000;
const WAITING_MAX = 2000;

/** Follows the events of a window, a namespace and a model, as long as the page shows them. */
export function useLive(query: {
  readonly window: string;
  readonly namespace?: string | undefined;
  readonly model?: string | undefined;
}): void {
  const { window, namespace, model } = query;
  useEffect(() => {
    live.value = NOTHING_YET;
    const gone = new AbortController();
    void before(namespace, model, gone.signal);
    const batch = batched((events) => {
      live.value = afterEvents(live.peek(), events);
    });
    const stop = follow({
      open: (lastId, signal) =>
        send('GET', '/admin/v1/events', {
          ...{ query: { window, namespace, model }, signal },
          ...(lastId !== undefined && { headers: { 'last-event-id': lastId } }),
        }),
      onEvents: batch.add,
      onState: (state) => {
        connection.value = state;
      },
    });
    return () => {
      gone.abort();
      stop();
      batch.cancel();
    };
  }, [window, namespace, model]);
}

/** What was decided before the page was opened. */
async function before(namespace: string | undefined, model: string | undefined, signal: AbortSignal): Promise<void> {
  const found = await get<DecisionsAnswer>('/decisions', { namespace, limit: 100 }, signal).catch(() => undefined);
  if (found === undefined || signal.aborted) return;
  const older = found.decisions.filter((one) => model === undefined || one.model === model);
  live.value = withOlder(live.peek(), older);
}

/** Gathers events until the next frame. */
function batched(apply: (events: readonly ServerEvent[]) => void) {
  let waiting: ServerEvent[] = [];
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = (): void => {
    frame = undefined;
    timer = undefined;
    const events = waiting;
    waiting = [];
    apply(events);
  };
  return {
    add(events: readonly ServerEvent[]): void {
      waiting.push(...events);
      if (waiting.length > WAITING_MAX) waiting = waiting.slice(-WAITING_MAX);
      if (frame !== undefined || timer !== undefined) return;
      if (document.visibilityState === 'visible') frame = requestAnimationFrame(run);
      else timer = setTimeout(run, UNSEEN_MS);
    },
    cancel(): void {
      if (frame !== undefined) cancelAnimationFrame(frame);
      clearTimeout(timer);
    },
  };
}
