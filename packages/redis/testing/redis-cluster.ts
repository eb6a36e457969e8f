import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, RedisServer } from './redis-server.ts';

const SLOTS = 16_384;

/** Three real masters in cluster mode that share the slots. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** On which the nodes talk: by itself Redis takes a port 10,000 above, which may be that of somebody's connection. */
  readonly #buses: readonly number[];

  private constructor(nodes: readonly RedisServer[], buses: readonly number[]) {
    this.nodes = nodes;
    this.#buses = buses;
  }

  static async start(): Promise<RedisCluster> {
    const args = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '2000'];
    const buses = await Promise.all(Array.from({ length: 3 }, freePort));
    const nodes = buses.map((bus) => RedisServer.start({ args: [...args, '--cluster-port', String(bus)] }));
    const cluster = new RedisCluster(await Promise.all(nodes), buses);
    await cluster.#meet();
    return cluster;
  }

  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
  }

  async #meet(): Promise<void> {
    const clients = this.nodes.map(({ port }) => new Redis(port, '127.0.0.1'));
    try {
      for (const [at, client] of clients.entries()) {
        const from = Math.ceil((SLOTS * at) / clients.length);
        const to = Math.ceil((SLOTS * (at + 1)) / clients.length) - 1;
        await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
        await client.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
        if (at > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', this.nodes[0]?.port ?? 0, this.#buses[0] ?? 0);
      }
      for (const client of clients) {
        while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await sleep(50);
        while (!/cluster_known_nodes:3/.test(String(await client.call('CLUSTER', 'INFO')))) await sleep(50);
      }
    } finally {
      for (const client of clients) client.disconnect();
    }
  }
}
