export { type ClientPurpose, connectRedis, type RedisClient, type RedisConnection } from './connection.ts';
export type { RedisSettings } from './settings.ts';
