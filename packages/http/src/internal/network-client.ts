import { type EmbedOptions, NearhitError, type Observer, type PairNetwork, type TextPair } from '@nearhit/core';
import { callService, inspect, type ServiceFaults } from './failover.ts';
import type { Ask, Replica } from './replica.ts';
import { ReplicaSet, type ReplicaSetOptions, type ReplicaStatus } from './replicas.ts';
import { carryAsker, embeddingAnswer, PATHS, parseAs, SCORED_CHARS_MAX, SCORED_MAX, scoreAnswer } from './wire.ts';

type Tuning = 'resolve' | 'resolveMs' | 'connectionsMax' | 'failuresMax' | 'probeMs' | 'probeTimeoutMs';

export interface NetworkClientOptions extends Pick<ReplicaSetOptions<undefined>, 'urls' | Tuning> {
  readonly token: string;
  readonly observer: Pick<Observer, 'incident'>;
  /** Replicas with another network, or none, are not asked. */
  readonly version: string;
  /** For what has no deadline. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** The network behind the embedding service. */
export interface NetworkClient extends PairNetwork {
  /** Those that have it, as this process sees them. */
  replicas(): ReplicaStatus[];
  close(): Promise<void>;
}

const FAULTS: ServiceFaults = { what: "The embedding service's network", unavailable: 'EMBEDDER_BUSY' };
/** Its word is worth little to those who must hurry twice. */
const FIRST_SHARE = 0.6;
/** One that has no network is not asked for it all the time. */
const PROBE_MS = 2_000;
const BYTES_MAX = 65_536;

/**
 * With replicas, connections and failures of its own: what goes wrong with the network says nothing of the embedder, which
 * look-ups can't do without.
 */
export function createNetworkClient(options: NetworkClientOptions): NetworkClient {
  return new HttpNetwork(options);
}

class HttpNetwork implements NetworkClient {
  readonly #replicas: ReplicaSet<undefined>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #version: string;
  readonly #patienceMs: number;
  #turn = 0;

  constructor({ token, version, timeoutMs, ...rest }: NetworkClientOptions) {
    const authorization = `Bearer ${token}`;
    this.#headers = { authorization, 'content-type': 'application/json' };
    this.#version = version;
    this.#patienceMs = timeoutMs ?? 10_000;
    this.#replicas = new ReplicaSet<undefined>({
      probeMs: PROBE_MS,
      ...rest,
      name: 'network',
      inspect: (ask) => inspectNetwork(ask, authorization, version),
    });
  }

  get version(): string | undefined {
    return this.#replicas.live.length > 0 ? this.#version : undefined;
  }

  async score(pairs: readonly TextPair[], options: EmbedOptions = {}): Promise<(number | undefined)[]> {
    if (this.#replicas.closed) throw new NearhitError('SHUTTING_DOWN', 'The network is closed.');
    const isShort = ({ a, b }: TextPair) => a.length <= SCORED_CHARS_MAX && b.length <= SCORED_CHARS_MAX;
    const short = pairs.filter(isShort);
    const logits: (number | null)[] = [];
    for (let at = 0; at < Math.max(1, short.length) && pairs.length > 0; at += SCORED_MAX)
      logits.push(...(await this.#scorePart(short.slice(at, at + SCORED_MAX), options)));
    const scored = logits.values();
    return pairs.map((pair) => (isShort(pair) ? (scored.next().value ?? undefined) : undefined));
  }

  replicas(): ReplicaStatus[] {
    return this.#replicas.status();
  }

  close(): Promise<void> {
    return this.#replicas.close();
  }

  #scorePart(pairs: readonly TextPair[], { deadlineMs, ...asker }: EmbedOptions): Promise<(number | null)[]> {
    const turn = this.#turn++;
    return callService(
      this.#replicas,
      {
        ...{ method: 'POST', path: PATHS.score, headers: carryAsker(this.#headers, asker) },
        body: Buffer.from(JSON.stringify({ pairs: pairs.map(({ a, b }) => ({ a, b })) })),
        ...{ bytesMax: BYTES_MAX, deadlineMs, patienceMs: this.#patienceMs, firstShare: FIRST_SHARE },
        pick: (live, tried) => idlest(live, turn, tried),
        read: ({ body }) => {
          const answer = parseAs(scoreAnswer, body);
          const isFit = answer?.version === this.#version && answer.logits.length === pairs.length;
          return isFit ? answer.logits : undefined;
        },
      },
      FAULTS,
    );
  }
}

/** The one with the fewest calls in flight; equals take turns. */
function idlest(live: readonly Replica<undefined>[], turn: number, tried: Replica<undefined> | undefined) {
  let best: Replica<undefined> | undefined;
  for (let i = 0; i < live.length; i++) {
    const one = live[(turn + i) % live.length] as Replica<undefined>;
    if (one !== tried && (best === undefined || one.inFlight < best.inFlight)) best = one;
  }
  return best;
}

async function inspectNetwork(ask: Ask, authorization: string, version: string): Promise<undefined> {
  const facts = parseAs(embeddingAnswer, await inspect(ask, PATHS.model, authorization));
  if (facts?.network === version) return undefined;
  throw new Error(
    facts?.network === undefined ? 'it has no network' : `its network is ${facts.network}, not ${version}`,
  );
}
