import { batchStoreConformance } from '@nearhit/core/conformance/batch-store';
import { changeLogConformance } from '@nearhit/core/conformance/change-log';
import { fileStoreConformance } from '@nearhit/core/conformance/file-store';
import { policyStoreConformance } from '@nearhit/core/conformance/policy-store';
import { responseStoreConformance } from '@nearhit/core/conformance/response-store';
import { statsStoreConformance } from '@nearhit/core/conformance/stats-store';
import { storeUpkeepConformance } from '@nearhit/core/conformance/store-upkeep';
import { storesConformance } from '@nearhit/core/conformance/stores';
import { openLmdb } from './index.ts';

const traits = { persistent: true };
responseStoreConformance('lmdb', openLmdb, traits);
storeUpkeepConformance('lmdb', openLmdb, traits);
changeLogConformance('lmdb', openLmdb, traits);
policyStoreConformance('lmdb', openLmdb, traits);
statsStoreConformance('lmdb', openLmdb, traits);
storesConformance('lmdb', openLmdb, traits);
batchStoreConformance('lmdb', openLmdb, traits);
fileStoreConformance('lmdb', openLmdb, traits);
