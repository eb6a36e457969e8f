export { startCacheService } from './cache-service.ts';
