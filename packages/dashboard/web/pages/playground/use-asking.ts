import { useRef, useState } from 'preact/hooks';
import { post, send, wordsOf } from '../../lib/api.ts';
import { ask, chatBody, controlHeaders, type Question } from './ask.ts';
import type { Explained } from './explained.ts';

export interface Asked {
  readonly question: Question | undefined;
  readonly answer: string;
  readonly status: number | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly explained: Explained | undefined;
  readonly firstMs: number | undefined;
  readonly tookMs: number | undefined;
  readonly error: string | undefined;
  readonly busy: boolean;
}

const NOTHING: Asked = {
  ...{ question: undefined, answer: '', status: undefined, headers: [], explained: undefined },
  ...{ firstMs: undefined, tookMs: undefined, error: undefined, busy: false },
};

/** A question on its way: what was decided for it beforehand, and its answer as it comes. */
export function useAsking() {
  const [asked, setAsked] = useState<Asked>(NOTHING);
  const running = useRef<AbortController | undefined>(undefined);
  const change = (changes: Partial<Asked>): void => setAsked((before) => ({ ...before, ...changes }));
  const run = async (question: Question): Promise<void> => {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    setAsked({ ...NOTHING, question, busy: true });
    const { stream: _, ...plain } = question;
    // First, because the answer changes what would be decided.
    const explained = await explain({ ...plain, stream: false }).catch(() => undefined);
    change({ explained });
    const startMs = performance.now();
    const pieces = pieceTaker((answer, first) =>
      change({ answer, ...(first && { firstMs: performance.now() - startMs }) }),
    );
    try {
      await ask(question, { onHead: (status, headers) => change({ status, headers }), onText: pieces.add }, own.signal);
      pieces.flush();
      change({ busy: false, tookMs: performance.now() - startMs });
    } catch (error) {
      pieces.flush();
      change({ busy: false, error: own.signal.aborted ? undefined : wordsOf(error) });
    }
  };
  return { asked, run, stop: () => running.current?.abort() };
}

async function explain(question: Question): Promise<Explained> {
  const headers = controlHeaders(question);
  if (Object.keys(headers).length === 0) return post<Explained>('/explain', chatBody(question));
  const response = await send('POST', '/admin/v1/explain', { body: chatBody(question), headers });
  return (await response.json()) as Explained;
}

/** Shows what has come once a frame, however fast it comes. */
function pieceTaker(show: (text: string, first: boolean) => void) {
  let text = '';
  let frame: number | undefined;
  let shown = false;
  const flush = (): void => {
    if (frame !== undefined) cancelAnimationFrame(frame);
    frame = undefined;
    show(text, !shown && text !== '');
    shown ||= text !== '';
  };
  return {
    add(piece: string): void {
      text += piece;
      frame ??= requestAnimationFrame(flush);
    },
    flush,
  };
}
