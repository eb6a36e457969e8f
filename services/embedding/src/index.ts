export { startEmbeddingService } from './embedding-service.ts';
