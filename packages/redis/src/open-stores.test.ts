import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { batchStoreConformance } from '@nearhit/core/conformance/batch-store';
import { changeLogConformance } from '@nearhit/core/conformance/change-log';
import { deliveredEventsConformance } from '@nearhit/core/conformance/delivered-events';
import { fileStoreConformance } from '@nearhit/core/conformance/file-store';
import { invalidationsConformance } from '@nearhit/core/conformance/invalidations';
import { keyStoreConformance } from '@nearhit/core/conformance/key-store';
import { pairStoreConformance } from '@nearhit/core/conformance/pair-store';
import { policyStoreConformance } from '@nearhit/core/conformance/policy-store';
import { responseStoreConformance } from '@nearhit/core/conformance/response-store';
import { sampleStoreConformance } from '@nearhit/core/conformance/sample-store';
import { statsStoreConformance } from '@nearhit/core/conformance/stats-store';
import { storeUpkeepConformance } from '@nearhit/core/conformance/store-upkeep';
import { storesConformance } from '@nearhit/core/conformance/stores';
import { usageStoreConformance } from '@nearhit/core/conformance/usage-store';
import { openTestStores, RedisServer } from '../testing/index.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.close());

const traits = { persistent: true, shared: true };
const open = ({ dir }: { dir: string }) => openTestStores(server.url, { dir });
responseStoreConformance('redis', open, traits);
storeUpkeepConformance('redis', open, traits);
changeLogConformance('redis', open, traits);
policyStoreConformance('redis', open, traits);
pairStoreConformance('redis', open, traits);
sampleStoreConformance('redis', open, traits);
keyStoreConformance('redis', open, traits);
batchStoreConformance('redis', open, traits);
fileStoreConformance('redis', open, traits);
statsStoreConformance('redis', open, traits);
usageStoreConformance('redis', open, traits);
storesConformance('redis', open, { ...traits, runs: 30 });
invalidationsConformance('redis', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'nearhit-invalidations-'));
  const stores = await open({ dir });
  const close = async (): Promise<void> => {
    await stores.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { invalidations: stores.invalidations, close };
});
deliveredEventsConformance('redis', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'nearhit-events-'));
  const stores = await open({ dir });
  const close = async (): Promise<void> => {
    await stores.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { events: stores.delivered, close };
});
