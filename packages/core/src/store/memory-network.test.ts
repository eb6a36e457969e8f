import { pairNetworkConformance } from '../conformance/pair-network.conformance.ts';
import { createMemoryNetwork } from './memory-network.ts';

pairNetworkConformance('memory', async () => ({ network: createMemoryNetwork(), close: async () => {} }));
