import { embedderConformance } from './embedder.conformance.ts';
import { memoizeEmbedder } from './memo.ts';
import { openEmbedder } from './open-embedder.ts';

embedderConformance('worker thread', () => openEmbedder());
embedderConformance('two worker threads', () => openEmbedder({ threads: 2 }));
embedderConformance('memo', async () => memoizeEmbedder(await openEmbedder(), { entriesMax: 20 }));
