import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { GatewayClient } from './client.ts';
import { Deployment, IngressClient } from './deployment.ts';
import { answerPlainly, FakeUpstream } from './fake-upstream.ts';
import { Gateway } from './gateway.ts';
import { sharedEmbedding, wantsItsOwn } from './shared-embedding.ts';

/** A gateway in front of a provider, in either mode. */
export interface RunningGateway extends GatewayClient {
  /** Requests that follow find nothing in memory: it has started again, or another replica answers them. */
  afresh(): Promise<void>;
  /** One more, which knows only the providers of this configuration; closed with this one. */
  beside(yaml: string): Promise<GatewayClient>;
  close(): Promise<void>;
}

/** Two replicas of the ingress, one of each other service; the one that embeds serves other tests too. */
class DistributedGateway extends GatewayClient implements RunningGateway {
  readonly #deployment: Deployment;
  #replica = 0;

  private constructor(deployment: Deployment) {
    super();
    this.#deployment = deployment;
  }

  static async start(env: Record<string, string>): Promise<DistributedGateway> {
    const embeddingUrl = wantsItsOwn(env) ? undefined : await sharedEmbedding();
    return new DistributedGateway(await Deployment.start({ replicas: { ingress: 2 }, env, embeddingUrl }));
  }

  get url(): string {
    return this.#deployment.ingress(this.#replica).url;
  }

  async afresh(): Promise<void> {
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

const MODES: readonly [mode: string, start: Start][] = [
  ['embedded', (env) => Gateway.start(env)],
  ['distributed', (env) => DistributedGateway.start(env)],
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
  describe.each(MODES)('%s', (_mode, start) => tests(roomOf(start, env)));
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
