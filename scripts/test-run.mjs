// Jest's global set-up and tear-down.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { putTogether } from './test-modules.mjs';

export default async function setUp() {
  await putTogether();
  // Where test files leave what others of the same run may use: test/support/shared-embedding.ts.
  process.env.NEARHIT_TEST_RUN = mkdtempSync(join(tmpdir(), 'nearhit-test-run-'));
}

/** Ends the services that were left running. */
export function tearDown() {
  const run = process.env.NEARHIT_TEST_RUN;
  for (const name of readdirSync(run)) {
    try {
      process.kill(JSON.parse(readFileSync(join(run, name, 'service.json'), 'utf8')).pid, 'SIGKILL');
    } catch {
      // It is gone, or never was.
    }
  }
  rmSync(run, { recursive: true, force: true });
}
