export { type OpenedStores, openTestLimits, openTestStores } from './open-stores.ts';
export { RedisCluster } from './redis-cluster.ts';
export { freePort, RedisServer, type RedisServerOptions } from './redis-server.ts';
