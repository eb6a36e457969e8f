import { type ModelInfo, NearhitError, type UpstreamCall, type UpstreamFlow, type UpstreamSink } from '@nearhit/core';
import { type Counters, failedFlow, InFlight, type Provider } from '../provider/provider.ts';
import { demoAnswer } from './answer.ts';
import { DemoCall } from './call.ts';
import { completionBody, completionEvents, errorBody } from './wire.ts';

export const DEMO_MODEL = 'demo';
export const DEMO_FAST_MODEL = 'demo-fast';

const FIRST_MS_MIN = 400;
const FIRST_MS_SPREAD = 400;
const BETWEEN_MS = 20;
/** A whole answer at once comes earlier than its tokens would: nobody learns from waiting longer. */
const JSON_MS_PER_PIECE = 5;

interface Reply {
  readonly status: number;
  readonly stream: boolean;
  readonly chunks: readonly Buffer[];
  readonly firstMs: number;
  readonly betweenMs: number;
}

/** A clearly labelled stand-in for a language model: no key, no network, the same answer for the same question. */
export class DemoProvider implements Provider {
  readonly kind = 'demo';
  readonly baseUrl = '';
  readonly usesClientCredential = false;
  readonly id: string;
  readonly counters: Counters;
  readonly #inFlight: InFlight;
  readonly #now: () => number;
  #closed = false;

  constructor(id: string, options: { counters: Counters; now: () => number }) {
    this.id = id;
    this.counters = options.counters;
    this.#inFlight = new InFlight(options.counters);
    this.#now = options.now;
  }

  send(call: UpstreamCall, model: string, sink: UpstreamSink): UpstreamFlow {
    if (this.#closed)
      return failedFlow(sink, new NearhitError('SHUTTING_DOWN', `Provider ${this.id} is being shut down.`));
    const { status, stream, chunks, firstMs, betweenMs } = this.#reply(call, model);
    const headers: Record<string, string> = stream
      ? { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
      : { 'content-type': 'application/json', 'content-length': String(chunks[0]?.length ?? 0) };
    const head = { status, headers, provider: this.id, model, attempts: 1 };
    return new DemoCall({ head, chunks, firstMs, betweenMs }, sink, this.#inFlight);
  }

  async models(): Promise<readonly ModelInfo[]> {
    return this.knownModels().map((id) => ({ id, provider: this.id, created: 0 }));
  }

  knownModels(): readonly string[] {
    return [DEMO_MODEL, DEMO_FAST_MODEL];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#inFlight.drained();
  }

  #reply(call: UpstreamCall, model: string): Reply {
    if (call.path === '/embeddings') {
      return refusal(
        404,
        `The demo provider has no embeddings; ask for the embedding model that nearhit runs itself.`,
        'model_not_found',
      );
    }
    const answer = demoAnswer(call.body, model);
    if (answer === undefined) return refusal(400, 'The body is not a JSON object.', null);
    const created = Math.floor(this.#now() / 1000);
    const fast = model === DEMO_FAST_MODEL;
    const firstMs = fast ? 0 : FIRST_MS_MIN + (answer.hash % FIRST_MS_SPREAD);
    if (call.stream) {
      const chunks = completionEvents(answer, created);
      return { status: 200, stream: true, chunks, firstMs, betweenMs: fast ? 0 : BETWEEN_MS };
    }
    const wholeMs = fast ? 0 : firstMs + answer.usage.completion_tokens * JSON_MS_PER_PIECE;
    return { status: 200, stream: false, chunks: [completionBody(answer, created)], firstMs: wholeMs, betweenMs: 0 };
  }
}

function refusal(status: number, message: string, code: string | null): Reply {
  return { status, stream: false, chunks: [errorBody(message, code)], firstMs: 0, betweenMs: 0 };
}
