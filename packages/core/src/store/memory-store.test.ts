import { changeLogConformance } from '../conformance/change-log.conformance.ts';
import { keyStoreConformance } from '../conformance/key-store.conformance.ts';
import { pairStoreConformance } from '../conformance/pair-store.conformance.ts';
import { policyStoreConformance } from '../conformance/policy-store.conformance.ts';
import { responseStoreConformance } from '../conformance/response-store.conformance.ts';
import { sampleStoreConformance } from '../conformance/sample-store.conformance.ts';
import { statsStoreConformance } from '../conformance/stats-store.conformance.ts';
import { storeUpkeepConformance } from '../conformance/store-upkeep.conformance.ts';
import { createMemoryStore } from './memory-store.ts';

const open = async () => createMemoryStore();
responseStoreConformance('memory', open);
storeUpkeepConformance('memory', open);
changeLogConformance('memory', open);
policyStoreConformance('memory', open);
statsStoreConformance('memory', open);
keyStoreConformance('memory', open);
pairStoreConformance('memory', open);
sampleStoreConformance('memory', open);
