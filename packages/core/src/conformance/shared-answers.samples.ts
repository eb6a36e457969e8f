import { createAnswer } from '../answer/answer.ts';
import type { Client } from '../answer/flights.ts';
import type { LookUpDeps } from '../answer/look-up.ts';
import type { Outcome, UpstreamOutcome } from '../answer/outcome.ts';
import { PendingAnswers } from '../answer/pending-answers.ts';
import { ANYONE, UNLIMITED } from '../caller.ts';
import type { Entry } from '../entry.ts';
import { NearhitError } from '../errors.ts';
import type { EntryId } from '../ids.ts';
import { PolicyService } from '../policy/service.ts';
import type { CachedEntry, MemoryCache } from '../ports/memory-cache.ts';
import type { SharedFlights } from '../ports/shared-flights.ts';
import type { Upstream, UpstreamSink } from '../ports/upstream.ts';
import { assembleStream } from '../reply/assemble.ts';
import { renderSse } from '../reply/render.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { until } from './scripted-upstream.samples.ts';

export class TestClient implements Client {
  gone = false;
  #listeners: (() => void)[] = [];

  onGone(listener: () => void): void {
    if (!this.gone) this.#listeners.push(listener);
  }

  leave(): void {
    this.gone = true;
    for (const listener of this.#listeners) listener();
  }
}

/** What is late on a busy machine is no sign of anything. */
const LOOKUP_MS = 5000;

export interface Got {
  readonly status: number;
  readonly text: string;
  readonly leader: boolean;
  readonly layer?: string | undefined;
  readonly reason?: string | undefined;
}

export interface AskOptions {
  readonly stream?: boolean;
  readonly headers?: Record<string, string>;
  readonly client?: TestClient;
  /** Called when the request has passed the look-up and claims. */
  readonly whenLaunched?: () => void;
}

/** A process with stores of its own, and what its clients get. */
export class AnsweringProcess {
  readonly flights: SharedFlights;
  readonly enqueued: Entry[] = [];
  readonly memory = memoryCache();
  readonly #answer: ReturnType<typeof createAnswer>;
  #joined = 0;
  #received = '';
  #onClaim: () => void = () => {};

  /** `store`: what is stored elsewhere; nothing, if absent. */
  constructor(upstream: Upstream, flights: SharedFlights, store?: LookUpDeps['store']) {
    this.flights = flights;
    const stores = createMemoryStore();
    const queue = {
      enqueue: (entry: Entry) => this.enqueued.push(entry) > 0,
      flush: async () => {},
      depth: () => 0,
      close: async () => {},
    };
    const embedder = {
      model: { id: 'none', version: 'v1', dimensions: 4, tokensMax: 1 },
      embed: async () => [],
      close: async () => {},
    };
    this.#answer = createAnswer({
      ...{ upstream, queue, embedder, memory: this.memory, now: Date.now, lookupTimeoutMs: () => LOOKUP_MS },
      store: store ?? stores.responses,
      upkeep: stores.upkeep,
      index: new MemoryNearestIndex({ dimensions: 4 }),
      observer: { record() {}, incident() {} },
      policies: new PolicyService(stores.policies),
      pending: new PendingAnswers(),
      prepared: new Map() as never,
      sharedFlights: this.#watched(),
    });
  }

  client(): TestClient {
    return new TestClient();
  }

  /** Resolves when one of them follows another one's call and its leader has been told. */
  static async oneJoined(processes: readonly AnsweringProcess[]): Promise<void> {
    const joined = () => processes.find((process) => process.#joined > 0);
    await until(() => joined() !== undefined);
    // Whoever claims after this is behind that in the same medium.
    for (let i = 0; i < 3; i++) await joined()?.flights.claim(`behind ${i}`, { stream: false, includeUsage: false });
  }

  joined(): Promise<void> {
    return AnsweringProcess.oneJoined([this]);
  }

  /** Resolves when a client of this process has got so much of its stream. */
  received(text: string): Promise<void> {
    return until(() => this.#received.includes(text));
  }

  async ask(
    question: string,
    { stream = false, headers = {}, client = new TestClient(), whenLaunched }: AskOptions = {},
  ) {
    if (whenLaunched !== undefined) this.#onClaim = whenLaunched;
    const body = Buffer.from(JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: question }] }));
    const exchange = await this.#answer({
      ...{ requestId: 'r', callId: 'c', body, headers, forward: {}, startedAtMs: performance.now(), client },
      ...{ caller: ANYONE, allowance: UNLIMITED, endpoint: 'chat' as const },
    });
    return this.#got(exchange.outcome, stream, client);
  }

  #watched(): SharedFlights {
    const { flights } = this;
    return {
      forget: () => flights.forget(),
      close: () => flights.close(),
      claim: async (key, form) => {
        this.#onClaim();
        const claimed = await flights.claim(key, form);
        if (claimed.role === 'leader') return claimed;
        const follow = (sink: UpstreamSink) => {
          const flow = claimed.follow(sink);
          this.#joined++;
          return flow;
        };
        return { ...claimed, follow };
      },
    };
  }

  async #got(outcome: Outcome, stream: boolean, client: TestClient): Promise<Got> {
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
    if (outcome.kind === 'hit')
      return { status: 200, layer: outcome.layer, leader: false, text: textOf(outcome.cached.entry.answer, false) };
    const { leader, reason, live } = outcome;
    client.onGone(outcome.release);
    try {
      const body = await this.#bodyOf(outcome, stream);
      const status = live.head?.status ?? 0;
      return { status, leader, reason, text: status === 200 ? textOf(body, stream) : '' };
    } finally {
      outcome.release();
    }
  }

  async #bodyOf({ live, sameForm, settled }: UpstreamOutcome, stream: boolean): Promise<Buffer> {
    if (!sameForm) {
      const { answer } = await settled;
      if (answer === undefined) throw live.error ?? new Error('no answer');
      return stream ? Buffer.concat(renderSse(answer, { includeUsage: false })) : answer;
    }
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      live.listen({
        onHead() {},
        onData: (chunk) => {
          this.#received += chunk.toString();
          return chunks.push(chunk) > 0;
        },
        onEnd: resolve,
        onError: reject,
      });
    });
    return Buffer.concat(chunks);
  }
}

function textOf(body: Buffer, stream: boolean): string {
  const read = stream ? assembleStream(body) : { kind: 'complete' as const, answer: JSON.parse(body.toString()) };
  if (read.kind !== 'complete') throw new Error(`an incomplete stream: ${read.why}`);
  return read.answer.choices[0].message.content;
}

export function unlessGone(error: unknown): void {
  if (!(error instanceof NearhitError)) throw error;
}

export function memoryCache(): MemoryCache {
  const held = new Map<EntryId, CachedEntry>();
  return {
    get: (id) => held.get(id),
    getByIdentity: (identity) => [...held.values()].findLast(({ entry }) => entry.identity === identity),
    put(entry) {
      const cached = { entry, rendered: new Map() };
      held.set(entry.id, cached);
      return cached;
    },
    delete: (id) => void held.delete(id),
    clear: () => held.clear(),
    removals: 0,
    size: () => ({ entries: held.size, bytes: 0 }),
  };
}
