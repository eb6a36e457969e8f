import { embedderConformance } from './embedder.conformance.ts';
import { openEmbedder } from './open-embedder.ts';

embedderConformance('worker thread', () => openEmbedder());
embedderConformance('two worker threads', () => openEmbedder({ threads: 2 }));
