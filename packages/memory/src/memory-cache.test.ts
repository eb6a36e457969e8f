import { memoryCacheConformance } from '@nearhit/core/conformance/memory-cache';
import { createMemoryCache } from './index.ts';

memoryCacheConformance('lru-cache', createMemoryCache);
