import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, RedisServer, type RedisServerOptions } from '@nearhit/redis/testing';
import { ADMIN_TOKEN, GatewayClient, PATIENT } from './client.ts';
import { INTERNAL_TOKEN, type ServiceName, ServiceProcess } from './service-process.ts';

export interface DeploymentOptions {
  /** How many of each; 1 where not said. */
  readonly replicas?: Partial<Record<ServiceName, number>>;
  /** What stands in the nearhit.yaml that all read. */
  readonly yaml?: string;
  /** For every service. */
  readonly env?: Record<string, string>;
  readonly redis?: RedisServerOptions;
  /** Of a service that is there. Absent: one of its own. */
  readonly embeddingUrl?: string | undefined;
}

/** Requests to one ingress replica. */
export class IngressClient extends GatewayClient {
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
  }
}

const SERVICES: readonly ServiceName[] = ['embedding', 'cache', 'worker', 'ingress'];

/** The four services as processes of their own and a real Redis; each can be killed and started again. */
export class Deployment {
  readonly redis: RedisServer;
  readonly processes: ServiceProcess[];
  readonly #make: Make;
  readonly #dir: string;

  private constructor(redis: RedisServer, { processes, make }: Made, dir: string) {
    this.redis = redis;
    this.processes = processes;
    this.#make = make;
    this.#dir = dir;
  }

  static async start(options: DeploymentOptions = {}): Promise<Deployment> {
    const dir = mkdtempSync(join(tmpdir(), 'nearhit-deployment-'));
    const redis = await RedisServer.start(options.redis);
    const deployment = new Deployment(redis, await processesOf(options, redis.url, dir), dir);
    try {
      await Promise.all(deployment.processes.map((one) => one.start()));
      await Promise.all(deployment.of('ingress').map((one) => one.whole()));
    } catch (error) {
      await deployment.close();
      throw error;
    }
    return deployment;
  }

  of(service: ServiceName): readonly ServiceProcess[] {
    return this.processes.filter((one) => one.service === service);
  }

  one(service: ServiceName): ServiceProcess {
    return this.of(service)[0] as ServiceProcess;
  }

  /** A client of the ingress replica of this number. */
  ingress(number = 0): IngressClient {
    return new IngressClient((this.of('ingress')[number] as ServiceProcess).url);
  }

  /** One more, on a configuration of its own. Resolves when it is ready. */
  async add(service: ServiceName, yaml: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
    const added = this.#make(service, await freePort(), yaml, env);
    this.processes.push(added);
    return added.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.end('SIGKILL')));
    await this.redis.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

type Make = (service: ServiceName, port: number, yaml: string, own?: Record<string, string>) => ServiceProcess;

interface Made {
  readonly processes: ServiceProcess[];
  readonly make: Make;
}

async function processesOf(
  { replicas, yaml = PATIENT, env, embeddingUrl }: DeploymentOptions,
  redisUrl: string,
  dir: string,
): Promise<Made> {
  const placed: { service: ServiceName; port: number }[] = [];
  for (const service of SERVICES) {
    const own = service === 'embedding' && embeddingUrl !== undefined ? 0 : 1;
    for (let n = 0; n < (replicas?.[service] ?? own); n++) placed.push({ service, port: await freePort() });
  }
  const urls = (service: ServiceName): string =>
    placed
      .filter((one) => one.service === service)
      .map(({ port }) => `http://127.0.0.1:${port}`)
      .join(',');
  const shared = {
    REDIS_URL: redisUrl,
    EMBEDDING_URL: embeddingUrl ?? urls('embedding'),
    CACHE_URL: urls('cache'),
    NEARHIT_ADMIN_TOKEN: ADMIN_TOKEN,
    // Behind Redis a key is required by default.
    NEARHIT_AUTH: 'optional',
    NEARHIT_INTERNAL_TOKEN: INTERNAL_TOKEN,
  };
  const make: Make = (service, port, yaml, own) => {
    const cwd = join(dir, `${service}-${port}`);
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'nearhit.yaml'), yaml);
    return new ServiceProcess({ service, port, cwd, env: { ...shared, ...env, ...own } });
  };
  return { make, processes: placed.map(({ service, port }) => make(service, port, yaml)) };
}
