import { embedderConformance } from '@nearhit/core/conformance/embedder';
import { openEmbedder } from './open-embedder.ts';

embedderConformance('worker thread', () => openEmbedder());
embedderConformance('two worker threads', () => openEmbedder({ threads: 2 }));
