import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { type Address, parseRedisUrl } from './address.ts';
import { publicError } from './failure.ts';
import type { RedisSettings } from './settings.ts';

export type RedisClient = Redis | Cluster;
/** `commands` fail fast; `subscriber` and `queue` wait for Redis to come back (BullMQ demands it of its own). */
export type ClientPurpose = 'commands' | 'subscriber' | 'queue';

const COMMAND_TIMEOUT_MS = 2000;
const RETRY_MS_MAX = 1000;

/** One Redis deployment: its main client, further ones for other purposes, and the names of its keys. */
export interface RedisConnection {
  /** Auto-pipelining: what is asked in one turn of the event loop goes out in one write. */
  readonly client: RedisClient;
  readonly prefix: string;
  /** A command that has not been answered after this long has failed. */
  readonly commandTimeoutMs: number;
  /** True in cluster mode: keys of one step must share a hash tag. */
  readonly cluster: boolean;
  /** `<prefix>:{<tag>}:<name>`: every key with the same tag is in one slot. */
  key(tag: string, name: string): string;
  /** A client of its own, closed with the connection. */
  open(purpose: ClientPurpose): RedisClient;
  /** True as soon as commands are taken; false when that is not so within `timeoutMs`. */
  ready(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Does not wait for Redis: a command fails while it is away, and the connection comes back by itself. `onError` hears of
 * connection failures, without the password and any command. Throws TypeError on a URL that is none.
 */
export function connectRedis(settings: RedisSettings, onError: (error: Error) => void = () => {}): RedisConnection {
  const address = parseRedisUrl(settings.url);
  const prefix = settings.keyPrefix ?? 'nearhit';
  const clients = new Set<RedisClient>();
  const open = (purpose: ClientPurpose): RedisClient => {
    const client = createClient(address, settings, purpose);
    // An authentication that failed carries the command with the password in it.
    client.on('error', (error) => onError(publicError(error)));
    clients.add(client);
    return client;
  };
  const client = open('commands');
  let closed = false;
  return {
    client,
    prefix,
    commandTimeoutMs: settings.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    cluster: address.kind === 'cluster',
    key: (tag, name) => `${prefix}:{${tag}}:${name}`,
    open,
    ready: async (timeoutMs) => !closed && becomesReady(client, timeoutMs),
    async close() {
      closed = true;
      for (const client of clients) client.disconnect();
      clients.clear();
    },
  };
}

function becomesReady(client: RedisClient, timeoutMs: number): Promise<boolean> {
  if (client.status === 'ready') return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (ready: boolean) => {
      clearTimeout(timer);
      client.off('ready', onReady);
      client.off('end', onEnd);
      resolve(ready);
    };
    const onReady = () => settle(true);
    const onEnd = () => settle(false);
    const timer = setTimeout(onEnd, timeoutMs);
    client.on('ready', onReady);
    client.on('end', onEnd);
  });
}

function createClient(address: Address, settings: RedisSettings, purpose: ClientPurpose): RedisClient {
  const options = optionsOf(address, settings, purpose);
  if (address.kind === 'single') return new Redis({ ...options, ...address.nodes[0] });
  if (address.kind === 'sentinel') {
    return new Redis({
      ...options,
      sentinels: [...address.nodes],
      name: address.master,
      ...(address.tls && { enableTLSForSentinelMode: true }),
    });
  }
  const fast = purpose === 'commands';
  const cluster: ClusterOptions = {
    redisOptions: options,
    ...pipelining(fast),
    enableOfflineQueue: !fast,
    clusterRetryStrategy: retryDelay,
    slotsRefreshTimeout: 2000,
    slotsRefreshInterval: 5000,
  };
  return new Cluster([...address.nodes], cluster);
}

/** Without what a follower of the log asks ten times a second, by itself: to make a pipeline costs more than the command. */
const pipelining = (fast: boolean) => ({ enableAutoPipelining: fast, autoPipeliningIgnoredCommands: ['xrange'] });

function optionsOf(
  { username, password, db, tls }: Address,
  settings: RedisSettings,
  purpose: ClientPurpose,
): RedisOptions {
  const fast = purpose === 'commands';
  const commandTimeoutMs = settings.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
  return {
    ...(username && { username }),
    ...(password && { password }),
    ...(db !== undefined && { db }),
    ...(tls && { tls: settings.caCert === undefined ? {} : { ca: settings.caCert } }),
    connectTimeout: 2000,
    keepAlive: 10_000,
    retryStrategy: retryDelay,
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...pipelining(fast),
    // While Redis is away a command fails at once; what waits for it has a client of its own.
    enableOfflineQueue: !fast,
    maxRetriesPerRequest: fast ? 0 : null,
    // A connection that is there and answers nothing is given up, so that the next command fails at once.
    ...(fast && { commandTimeout: commandTimeoutMs, socketTimeout: 2 * commandTimeoutMs }),
  };
}

function retryDelay(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), RETRY_MS_MAX);
}
