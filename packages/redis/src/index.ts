export { type ClientPurpose, connectRedis, type RedisClient, type RedisConnection } from './connection.ts';
export { createRedisDecisions, type RedisDecisions, type RedisDecisionsOptions } from './decisions/redis-decisions.ts';
export { createRedisFlights, type RedisFlights, type RedisFlightsOptions } from './flights/flights.ts';
export { openRedisStores, type RedisStores, type RedisStoresOptions } from './open-stores.ts';
export { createQueueBoard, type QueueBoard } from './queue/board.ts';
export { type RedisConsumer, type RedisConsumerOptions, startRedisConsumer } from './queue/consumer.ts';
export { createRedisWriteQueue, type RedisWriteQueue, type RedisWriteQueueOptions } from './queue/write-queue.ts';
export type { RedisSettings } from './settings.ts';
