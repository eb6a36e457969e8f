import { type ModelInfo, NearhitError, type UpstreamCall, type UpstreamFlow } from '@nearhit/core';
import { KeyRing } from '../provider/key-ring.ts';
import { Places } from '../provider/places.ts';
import {
  type CallSink,
  type CallSpec,
  type Counters,
  failedFlow,
  InFlight,
  type Provider,
} from '../provider/provider.ts';
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
const TOTAL_MS = 300_000;

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
  /** The key that nobody needs: a client's own credential does not come into it. */
  readonly keys = new KeyRing(['demo']);
  readonly places = new Places(Number.POSITIVE_INFINITY);
  readonly concurrencyMax = Number.POSITIVE_INFINITY;
  readonly totalMs = TOTAL_MS;
  readonly queueMs = TOTAL_MS;
  readonly id: string;
  readonly counters: Counters;
  readonly #inFlight: InFlight;
  readonly #now: () => number;
  #closed = false;

  constructor(id: string, options: { counters: Counters; now: () => number }) {
    this.id = id;
    this.counters = options.counters;
    this.#inFlight = new InFlight(options.counters, this.places);
    this.#now = options.now;
  }

  send(call: UpstreamCall, { model, batch }: CallSpec, sink: CallSink): UpstreamFlow {
    if (this.#closed) {
      this.places.leave(batch);
      return failedFlow(sink, new NearhitError('SHUTTING_DOWN', `Provider ${this.id} is gone.`));
    }
    const { status, stream, chunks, firstMs, betweenMs } = this.#reply(call, model);
    const headers: Record<string, string> = stream
      ? { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
      : { 'content-type': 'application/json', 'content-length': String(chunks[0]?.length ?? 0) };
    return new DemoCall({ status, headers, chunks, firstMs, betweenMs, batch }, sink, this.#inFlight);
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
