import type {
  NearhitError,
  RouteDecision,
  Upstream,
  UpstreamCall,
  UpstreamFlow,
  UpstreamHead,
  UpstreamSink,
} from '@nearhit/core';

/** What a sink heard, in order, and a promise for the last of it. */
export interface Recording {
  readonly events: string[];
  readonly chunks: Buffer[];
  head?: UpstreamHead;
  error?: NearhitError;
  /** The body as it came with the end. */
  json?: unknown;
  readonly flow: UpstreamFlow;
  /** Resolves at onEnd or onError. */
  readonly done: Promise<Recording>;
  text(): string;
}

export interface RecordOptions {
  readonly onRoute?: (decision: RouteDecision) => void;
  /** Called on each event with the flow; `data` comes with every chunk. */
  readonly on?: (event: 'head' | 'data' | 'end' | 'error', flow: UpstreamFlow) => void;
}

export function chatCall(overrides: Partial<UpstreamCall> = {}): UpstreamCall {
  const stream = overrides.stream ?? false;
  const model = overrides.model ?? 'demo-fast';
  return {
    path: '/chat/completions',
    model,
    body: Buffer.from(
      JSON.stringify({ model, stream, max_tokens: 8, messages: [{ role: 'user', content: 'Cache?' }] }),
    ),
    stream,
    headers: {},
    ...overrides,
  };
}

export function record(
  upstream: Pick<Upstream, 'send'>,
  call: UpstreamCall = chatCall(),
  options: RecordOptions = {},
): Recording {
  const events: string[] = [];
  const chunks: Buffer[] = [];
  let sent = false;
  let resolve: (recording: Recording) => void = () => {};
  const done = new Promise<Recording>((onDone) => {
    resolve = onDone;
  });
  const hear = (event: 'head' | 'data' | 'end' | 'error'): void => {
    if (event !== 'data' || events.at(-1) !== 'data') events.push(sent ? event : `${event} before send returned`);
    options.on?.(event, recording.flow);
    if (event === 'end' || event === 'error') resolve(recording);
  };
  const sink: UpstreamSink = {
    onRoute(decision) {
      if (events.length > 0) events.push('route too late');
      options.onRoute?.(decision);
    },
    onHead(head) {
      recording.head = head;
      hear('head');
    },
    onData(chunk) {
      chunks.push(chunk);
      hear('data');
    },
    onEnd(json) {
      recording.json = json;
      hear('end');
    },
    onError(error) {
      recording.error = error;
      hear('error');
    },
  };
  const recording: Recording & { flow: UpstreamFlow } = {
    events,
    chunks,
    flow: { pause() {}, resume() {}, abort() {} },
    done,
    text: () => Buffer.concat(chunks).toString(),
  };
  recording.flow = upstream.send(call, sink);
  sent = true;
  return recording;
}

/** Polls for a state; rejects with `what` after 10 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > giveUpMs) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
