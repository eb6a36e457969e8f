import { refusalOf, send } from '../../lib/api.ts';
import { readEvents } from '../../lib/sse.ts';

export interface Question {
  readonly text: string;
  readonly system: string;
  readonly model: string;
  readonly namespace: string;
  readonly cache: string;
  readonly stream: boolean;
}

/** As the data plane takes it. */
export function chatBody({ text, system, model, stream }: Question): object {
  const messages = [
    ...(system.trim() === '' ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: text },
  ];
  return { model, messages, ...(stream && { stream: true, stream_options: { include_usage: true } }) };
}

export function controlHeaders({ namespace, cache }: Question): Record<string, string> {
  return {
    ...(namespace !== '' && { 'x-nearhit-namespace': namespace }),
    ...(cache !== 'on' && { 'x-nearhit-cache': cache }),
  };
}

interface Listener {
  readonly onHead: (status: number, headers: readonly (readonly [string, string])[]) => void;
  readonly onText: (piece: string) => void;
}

const SHOWN = /^(x-nearhit-|age$|server-timing$|x-request-id$|content-type$)/;

/** Asks as a client would. Throws ApiError when it is refused, and whatever cuts the answer off. */
export async function ask(question: Question, { onHead, onText }: Listener, signal: AbortSignal): Promise<void> {
  const response = await send('POST', '/v1/chat/completions', {
    ...{ body: chatBody(question), headers: controlHeaders(question), signal },
  });
  onHead(
    response.status,
    [...response.headers].filter(([name]) => SHOWN.test(name)),
  );
  if (!response.ok) throw await refusalOf(response);
  if (!question.stream || response.body === null) {
    onText(textOf(await response.json(), 'message'));
    return;
  }
  for await (const events of readEvents(response.body)) {
    for (const { event, data } of events) {
      if (event === 'error') throw new Error(data);
      if (data !== '[DONE]') onText(textOf(JSON.parse(data), 'delta'));
    }
  }
}

/** The text of the first choice of a completion, or of one piece of it. */
export function textOf(body: unknown, part: 'message' | 'delta'): string {
  const { choices } = (body ?? {}) as { choices?: readonly Record<string, { content?: unknown } | undefined>[] };
  const content = choices?.[0]?.[part]?.content;
  return typeof content === 'string' ? content : '';
}
