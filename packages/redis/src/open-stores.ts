import type { BatchStore, DeliveredEvents, FileStore, Invalidations, ServiceRegistry, Stores } from '@nearhit/core';
import { RedisKeys } from './access/keys.ts';
import { RedisLimits } from './access/limits.ts';
import { RedisBatches } from './batches/batch-store.ts';
import { Commands } from './commands.ts';
import type { RedisConnection } from './connection.ts';
import { RedisDeliveredEvents } from './delivered-events.ts';
import { RedisResponses } from './entries/responses.ts';
import { ENTRY_SCRIPTS } from './entries/scripts.ts';
import { Shards } from './entries/shards.ts';
import { Touches } from './entries/touches.ts';
import { RedisUpkeep } from './entries/upkeep.ts';
import { RedisPairs } from './evidence/pairs.ts';
import { RedisSamples } from './evidence/samples.ts';
import { EVIDENCE_SCRIPTS } from './evidence/scripts.ts';
import { RedisFiles } from './files/file-store.ts';
import { RedisChangeLog } from './log/change-log.ts';
import { RedisInvalidations } from './log/invalidations.ts';
import { RedisPolicies } from './log/policies.ts';
import { LOG_SCRIPTS } from './log/scripts.ts';
import { RedisServiceRegistry } from './service-registry.ts';
import { RedisStats } from './stats.ts';
import { RedisUsage } from './usage/usage.ts';

export interface RedisStores extends Stores {
  readonly invalidations: Invalidations;
  readonly registry: ServiceRegistry;
  readonly delivered: DeliveredEvents;
  readonly files: FileStore;
  readonly batches: BatchStore;
}

export interface RedisStoresOptions {
  /** Under which this process saves its statistics, for people: every start is told apart all the same. */
  readonly writer?: string | undefined;
  /** How often last uses are written, for eviction. Default 3000. */
  readonly touchFlushMs?: number | undefined;
}

const TOUCH_FLUSH_MS = 3000;

/**
 * The storage ports on Redis 7 or later, single, Sentinel or Cluster, shared by any number of processes. Does not wait
 * for Redis: while it is away every call fails with STORE_UNAVAILABLE, at once or within the connection's
 * `commandTimeoutMs`. How durable an acknowledged write is, is Redis's own setting (`appendfsync`). `close` writes the
 * last uses that are pending and leaves the connection open: it belongs to whoever made it.
 */
export function openRedisStores(connection: RedisConnection, options: RedisStoresOptions = {}): RedisStores {
  const commands = new Commands(connection);
  for (const script of [...ENTRY_SCRIPTS, ...LOG_SCRIPTS, ...EVIDENCE_SCRIPTS]) commands.define(script);
  const shards = new Shards(connection, commands);
  const touches = new Touches(shards, options.touchFlushMs ?? TOUCH_FLUSH_MS);
  const logBase = connection.key('log', '');
  let closing: Promise<void> | undefined;
  const finish = async (): Promise<void> => {
    await touches.close().catch(() => undefined);
    commands.close();
  };
  const close = (): Promise<void> => {
    closing ??= finish();
    return closing;
  };
  return {
    responses: new RedisResponses({ shards, touches, rowKey: `${logBase}row`, close }),
    upkeep: new RedisUpkeep({ shards, touches }),
    log: new RedisChangeLog(shards, logBase),
    policies: new RedisPolicies(commands, logBase),
    keys: new RedisKeys(commands, connection.key('keys', '')),
    limits: new RedisLimits(commands, connection),
    pairs: new RedisPairs(commands, logBase),
    samples: new RedisSamples(commands, logBase),
    stats: new RedisStats(commands, connection.key('stats', ''), options.writer),
    usage: new RedisUsage(connection, commands),
    invalidations: new RedisInvalidations(commands, logBase),
    registry: new RedisServiceRegistry(commands, connection.key('services', '')),
    delivered: new RedisDeliveredEvents(commands, connection),
    files: new RedisFiles(commands, connection),
    batches: new RedisBatches(commands, connection),
    close,
  };
}
