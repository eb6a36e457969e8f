import { NearhitError } from '../errors.ts';
import type { Upstream, UpstreamCall, UpstreamFlow, UpstreamHead, UpstreamSink } from '../ports/upstream.ts';

/** Looks again and again until it is so. */
export const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** One call, answered when and as the test says. */
export class ScriptedCall implements UpstreamFlow {
  readonly question: string;
  aborted = false;
  readonly #call: UpstreamCall;
  readonly #sink: UpstreamSink;
  #begun = '';

  constructor(call: UpstreamCall, sink: UpstreamSink) {
    this.#call = call;
    this.#sink = sink;
    this.question = JSON.parse(call.body.toString()).messages[0].content;
  }

  pause(): void {}
  resume(): void {}
  abort(): void {
    this.aborted = true;
  }

  answer(text: string): void {
    this.#head(200);
    this.#finish(text);
  }

  /** The first piece of a stream; of a JSON reply the head alone. */
  begin(text: string): void {
    this.#head(200);
    this.#begun = text;
    if (this.#call.stream) this.#sink.onData(Buffer.from(event({ role: 'assistant', content: text }, null)));
  }

  finish(text: string): void {
    this.#finish(text);
  }

  refuse(status: number): void {
    this.#head(status);
    this.#sink.onData(Buffer.from('{"error":{"message":"no"}}'));
    this.#sink.onEnd();
  }

  fail(): void {
    this.#sink.onError(new NearhitError('UPSTREAM_TIMEOUT', 'The provider took too long.'));
  }

  #head(status: number): void {
    const type = this.#call.stream && status === 200 ? 'text/event-stream' : 'application/json';
    const head: UpstreamHead = { status, headers: { 'content-type': type }, provider: 'p', model: 'm', attempts: 1 };
    this.#sink.onHead(head);
  }

  #finish(text: string): void {
    if (this.#call.stream) {
      const delta = this.#begun === '' ? { role: 'assistant', content: text } : { content: text };
      for (const piece of [event(delta, null), event({}, 'stop'), 'data: [DONE]\n\n'])
        this.#sink.onData(Buffer.from(piece));
    } else {
      const message = { role: 'assistant', content: this.#begun + text };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      this.#sink.onData(
        Buffer.from(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices })),
      );
    }
    this.#sink.onEnd();
  }
}

function event(delta: unknown, finishReason: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

export interface TestUpstream extends Upstream {
  readonly calls: ScriptedCall[];
  called(count: number): Promise<void>;
  /** Calls from now on answer by themselves. */
  answerAll(answer: ((question: string) => string) | undefined): void;
}

/** The provider that all processes call. */
export function sharedUpstream(): TestUpstream {
  const calls: ScriptedCall[] = [];
  let script: ((question: string) => string) | undefined;
  return {
    calls,
    called: (count) => until(() => calls.length >= count),
    answerAll(answer) {
      script = answer;
    },
    send(call, sink) {
      const made = new ScriptedCall(call, sink);
      calls.push(made);
      const answer = script;
      if (answer !== undefined) setImmediate(() => made.answer(answer(made.question)));
      return made;
    },
    models: async () => [],
    price: () => undefined,
    usesClientCredential: () => false,
    providers: () => [],
    close: async () => {},
  };
}
