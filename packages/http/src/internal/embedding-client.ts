import {
  type Embedder,
  type Embedding,
  type EmbeddingModel,
  type EmbedOptions,
  NearhitError,
  type Observer,
} from '@nearhit/core';
import { decodeEmbeddings, encodeTexts } from './embed-codec.ts';
import { callService, inspect, type ServiceFaults } from './failover.ts';
import type { Ask, Replica } from './replica.ts';
import { ReplicaSet, type ReplicaSetOptions, type ReplicaStatus } from './replicas.ts';
import { cutTexts, inParts } from './texts.ts';
import { type Asker, carryAsker, MODEL_VERSION_HEADER, modelAnswer, PATHS, parseAs } from './wire.ts';

type Tuning = 'resolve' | 'resolveMs' | 'connectionsMax' | 'failuresMax' | 'probeMs' | 'probeTimeoutMs';

export interface EmbeddingClientOptions extends Pick<ReplicaSetOptions<EmbeddingModel>, 'urls' | Tuning> {
  readonly token: string;
  readonly observer: Pick<Observer, 'incident'>;
  /** The model is known, or another one than before: its version is that of all vectors from now on. */
  readonly onModel?: ((model: EmbeddingModel) => void) | undefined;
  /** For what has no deadline. Default 60,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The embedder behind the embedding service. Usable before the service is: until then `model` has the version '' and 0
 * dimensions. Vectors are of `model.version` only, whatever replicas of other versions are there; when none of that
 * version is left, the version of those that are there takes its place.
 */
export interface EmbeddingClient extends Embedder {
  /** Resolves when the model is known; an incident says every second what keeps it. Rejects with SHUTTING_DOWN when the client is closed before. */
  ready(): Promise<void>;
  /** As this process sees them. */
  replicas(): ReplicaStatus[];
}

const FAULTS: ServiceFaults = { what: 'The embedding service', unavailable: 'EMBEDDER_BUSY' };
const UNKNOWN_MODEL: EmbeddingModel = { id: '', version: '', dimensions: 0, tokensMax: 0 };
/** An embedding may wait in its replica's queue: less is left for a second attempt than a search would leave. */
const FIRST_SHARE = 0.6;
const CONNECTIONS_MAX = 32;
/** Parts of one call that are under way at once. */
const LANES = 4;
const ERROR_BYTES_MAX = 65_536;
const TELL_MS = 1_000;
const EMBEDDING_HEAD_BYTES = 5;

export function createEmbeddingClient(options: EmbeddingClientOptions): EmbeddingClient {
  return new HttpEmbedder(options);
}

class HttpEmbedder implements EmbeddingClient {
  readonly #replicas: ReplicaSet<EmbeddingModel>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #observer: EmbeddingClientOptions['observer'];
  readonly #onModel: EmbeddingClientOptions['onModel'];
  readonly #patienceMs: number;
  #model = UNKNOWN_MODEL;
  #turn = 0;
  #waiting: { resolve(): void; reject(error: Error): void }[] = [];

  constructor({ token, onModel, timeoutMs, ...rest }: EmbeddingClientOptions) {
    const authorization = `Bearer ${token}`;
    this.#headers = { authorization, 'content-type': 'application/json' };
    this.#observer = rest.observer;
    this.#onModel = onModel;
    this.#patienceMs = timeoutMs ?? 60_000;
    this.#replicas = new ReplicaSet<EmbeddingModel>({
      connectionsMax: CONNECTIONS_MAX,
      ...rest,
      name: 'embedding',
      inspect: (ask) => inspectModel(ask, authorization),
      onChange: () => this.#pin(),
    });
  }

  get model(): EmbeddingModel {
    return this.#model;
  }

  async ready(): Promise<void> {
    if (this.#replicas.closed) throw closed();
    if (this.#model !== UNKNOWN_MODEL) return;
    const tell = () => this.#observer.incident('embedding-awaited', this.#replicas.problems());
    const telling = setInterval(tell, TELL_MS);
    try {
      await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    } finally {
      clearInterval(telling);
    }
  }

  async embed(texts: readonly string[], { deadlineMs, ...asker }: EmbedOptions = {}): Promise<Embedding[]> {
    if (this.#replicas.closed) throw closed();
    if (texts.length === 0) return [];
    if (this.#model === UNKNOWN_MODEL) await this.#firstVerdict(deadlineMs);
    const model = this.#model;
    const cut = cutTexts(texts, model.tokensMax);
    const parts = inParts(cut.texts);
    const answers = new Array<Embedding[]>(parts.length);
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let i = next++; i < parts.length; i = next++) {
        answers[i] = await this.#embedPart(parts[i] as string[], model, { deadlineMs, ...asker });
      }
    };
    await Promise.all(Array.from({ length: Math.min(LANES, parts.length) }, lane));
    // The caller takes `model.version` for that of these vectors.
    if (this.#model.version !== model.version) throw busy('The embedding model has just changed.');
    const embeddings = answers.flat();
    return cut.any ? embeddings.map((one, i) => (cut.was[i] ? { ...one, truncated: true } : one)) : embeddings;
  }

  replicas(): ReplicaStatus[] {
    return this.#replicas.status();
  }

  async close(): Promise<void> {
    await this.#replicas.close();
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
  }

  async #firstVerdict(deadlineMs: number | undefined): Promise<void> {
    await this.#replicas.settled(Math.max(0, (deadlineMs ?? Date.now() + this.#patienceMs) - Date.now()));
    if (this.#replicas.closed) throw closed();
    if (this.#model === UNKNOWN_MODEL) throw busy('The embedding service is not there yet.', this.#replicas.problems());
  }

  #embedPart(
    texts: readonly string[],
    model: EmbeddingModel,
    { deadlineMs, ...asker }: Asker & { readonly deadlineMs: number | undefined },
  ): Promise<Embedding[]> {
    const { version, dimensions } = model;
    const turn = this.#turn++;
    return callService(
      this.#replicas,
      {
        ...{ method: 'POST', path: PATHS.embed, headers: carryAsker(this.#headers, asker) },
        body: encodeTexts(texts),
        bytesMax: ERROR_BYTES_MAX + texts.length * (EMBEDDING_HEAD_BYTES + 4 * dimensions),
        ...{ deadlineMs, patienceMs: this.#patienceMs, firstShare: FIRST_SHARE },
        pick: (live, tried) => idlest(live, { version, turn, tried }),
        read: ({ headers, body }) =>
          headers[MODEL_VERSION_HEADER] === version ? decodeEmbeddings(body, texts.length, dimensions) : undefined,
      },
      FAULTS,
    );
  }

  #pin(): void {
    const { live } = this.#replicas;
    const [first] = live;
    if (first === undefined || live.some(({ facts }) => facts.version === this.#model.version)) return;
    this.#model = first.facts;
    this.#onModel?.(first.facts);
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}

interface Choice {
  readonly version: string;
  readonly turn: number;
  readonly tried?: Replica<EmbeddingModel> | undefined;
}

/** Of that version the one with the fewest calls in flight; equals take turns. */
function idlest(live: readonly Replica<EmbeddingModel>[], { version, turn, tried }: Choice) {
  let best: Replica<EmbeddingModel> | undefined;
  for (let i = 0; i < live.length; i++) {
    const one = live[(turn + i) % live.length] as Replica<EmbeddingModel>;
    if (one === tried || one.facts.version !== version) continue;
    if (best === undefined || one.inFlight < best.inFlight) best = one;
  }
  return best;
}

async function inspectModel(ask: Ask, authorization: string): Promise<EmbeddingModel> {
  const model = parseAs(modelAnswer, await inspect(ask, PATHS.model, authorization));
  if (model === undefined) throw new Error(`${PATHS.model} answered what is no model`);
  return model;
}

const closed = (): NearhitError => new NearhitError('SHUTTING_DOWN', 'The embedder is closed.');
const busy = (message: string, detail?: string): NearhitError =>
  new NearhitError('EMBEDDER_BUSY', message, detail === undefined ? {} : { detail });
