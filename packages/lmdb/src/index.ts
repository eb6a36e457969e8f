export { type LmdbOptions, type LmdbStores, openLmdb } from './open.ts';
