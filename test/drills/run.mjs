#!/usr/bin/env node
// The failure drills in a bigger form: node test/drills/run.mjs [times] [file...]; build before.
// NEARHIT_DRILL_SEED repeats a run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const USAGE =
  'usage: node test/drills/run.mjs [how many times as many requests, default 20] [failover|dead-target|limits|accounts|outage ...]';
const DRILLS = ['failover', 'dead-target', 'limits', 'accounts', 'outage'];
const [times = '20', ...names] = process.argv.slice(2);
const unknown = names.filter((name) => !DRILLS.includes(name));
if (!(Number(times) > 0) || unknown.length > 0) {
  console.error(USAGE);
  process.exit(2);
}
const root = fileURLToPath(new URL('../..', import.meta.url));
const files = (names.length > 0 ? names : DRILLS).map((name) => `test/drills/${name}.test.ts`);
const jest = ['node_modules/jest/bin/jest.js', '--runInBand', '--testTimeout=3600000', ...files];
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', ...jest],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NEARHIT_DRILL_SCALE: times },
  },
);
process.exit(status ?? 1);
