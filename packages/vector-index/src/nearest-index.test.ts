import { nearestIndexConformance } from '@nearhit/core/conformance/nearest-index';
import { openNearestIndex } from './index.ts';

nearestIndexConformance('scanned', (options) => openNearestIndex(options), { persistent: true });

// So few that every group of the suite moves in and out of a graph again and again.
nearestIndexConformance('HNSW', (options) => openNearestIndex({ ...options, flatMax: 2 }), {
  persistent: true,
  missShareMax: 0.01,
});
