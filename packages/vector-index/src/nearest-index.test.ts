import { nearestIndexConformance } from '@nearhit/core/conformance/nearest-index';
import { openNearestIndex } from './index.ts';

nearestIndexConformance('scanned', (options) => openNearestIndex(options), { persistent: true });

// So few that every group of the suite moves in and out of a graph again and again.
nearestIndexConformance('HNSW', (options) => openNearestIndex({ ...options, flatMax: 2 }), {
  persistent: true,
  missShareMax: 0.01,
});

// Every partition is closed as soon as it is left alone.
const tight = { bytesMax: 1, idleMs: 0 };

nearestIndexConformance(
  'HNSW, hardly any memory, few changes wait',
  (options) => openNearestIndex({ ...options, ...tight, flatMax: 2, waitingMax: 3 }),
  { persistent: true, missShareMax: 0.01 },
);
