import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { GatewayClient } from './client.ts';
import { Deployment, IngressClient } from './deployment.ts';
import { answerPlainly, FakeUpstream } from './fake-upstream.ts';
import { Gateway } from './gateway.ts';
import { sharedEmbedding, wantsItsOwn } from './shared-embedding.ts';

/** A gateway in front of a provider, in either mode. */
export interface RunningGateway extends GatewayClient {
  /** Requests that follow find nothing in memory: it has started again, or the other of two replicas answers them. */
  afresh(): Promise<void>;
  /** One more, which knows only the providers of this configuration; closed with this one. */
  beside(yaml: string): Promise<GatewayClient>;
  close(): Promise<void>;
}

/** One of each service, but for the ingress; the one that embeds serves other tests too. */
class DistributedGateway extends GatewayClient implements RunningGateway {
  readonly #deployment: Deployment;
  readonly #replicas: number;
  #replica = 0;

  private constructor(deployment: Deployment, replicas: number) {
    super();
    this.#deployment = deployment;
    this.#replicas = replicas;
  }

  static async start(env: Record<string, string>, ingress: number): Promise<DistributedGateway> {
    const embeddingUrl = wantsItsOwn(env) ? undefined : await sharedEmbedding();
    const deployment = await Deployment.start({ replicas: { ingress }, env, embeddingUrl });
    return new DistributedGateway(deployment, ingress);
  }

  get url(): string {
    return this.#deployment.ingress(this.#replica).url;
  }

  async afresh(): Promise<void> {
    if (this.#replicas < 2) throw new Error('there is one replica: describeReplicas has two');
    await this.flush();
    this.#replica = 1 - this.#replica;
  }

  async beside(yaml: string): Promise<GatewayClient> {
    // What the environment says wins: where the file says who may come in, it says nothing.
    const auth: Record<string, string> = /^auth:/m.test(yaml) ? { NEARHIT_AUTH: '' } : {};
    const none = { OPENAI_BASE_URL: '', OPENAI_API_KEY: '', ...auth };
    return new IngressClient((await this.#deployment.add('ingress', yaml, none)).url);
  }

  close(): Promise<void> {
    return this.#deployment.close();
  }
}

type Start = (env: Record<string, string>) => Promise<RunningGateway>;

type StartMode = (env: Record<string, string>, replicas: number) => Promise<RunningGateway>;

const MODES: readonly [mode: string, start: StartMode][] = [
  ['embedded', (env) => Gateway.start(env)],
  ['distributed', (env, replicas) => DistributedGateway.start(env, replicas)],
];

const HOUSE_KEY = { OPENAI_API_KEY: 'sk-house' };
const START_MS = 90_000;

/** An upstream and a gateway before it. Each test finds the upstream without calls and answering plainly. */
export interface Room {
  readonly upstream: FakeUpstream;
  readonly gateway: RunningGateway;
}

/** The same tests in both modes. `env`: of the gateway, beside its provider's address. */
export function describeModes(tests: (room: Room) => void, env: Record<string, string> = HOUSE_KEY): void {
  describe.each(MODES)('%s', (_mode, start) => tests(roomOf((all) => start(all, 1), env)));
}

/** The same, where there are processes with two of the ingress, for whoever starts `afresh`. */
export function describeReplicas(tests: (room: Room) => void, env: Record<string, string> = HOUSE_KEY): void {
  describe.each(MODES)('%s', (_mode, start) => tests(roomOf((all) => start(all, 2), env)));
}

/** The same in one mode: for what is no different where the stores are. */
export function describeEmbedded(tests: (room: Room) => void, env: Record<string, string> = HOUSE_KEY): void {
  describe('embedded', () => tests(roomOf((all) => Gateway.start(all), env)));
}

function roomOf(start: Start, env: Record<string, string>): Room {
  const room: { upstream?: FakeUpstream; gateway?: RunningGateway } = {};
  beforeAll(async () => {
    room.upstream = await FakeUpstream.start();
    room.gateway = await start({ ...env, OPENAI_BASE_URL: room.upstream.url });
  }, START_MS);
  afterAll(async () => {
    await room.gateway?.close();
    await room.upstream?.close();
  });
  afterEach(() => {
    const upstream = room.upstream as FakeUpstream;
    upstream.calls.length = 0;
    upstream.script = answerPlainly;
  });
  return room as Room;
}
