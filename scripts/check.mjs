#!/usr/bin/env node
// `pnpm check`: types, lint and format, dependency rules, unused code. Runs all, then says which failed.
import { spawnSync } from 'node:child_process';

const checks = {
  build: ['tsc', '-b'],
  'types of tests': ['tsc', '-p', 'tsconfig.test.json'],
  'lint and format': ['biome', 'ci', '--error-on-warnings', '.'],
  'dependency rules': ['depcruise', '--config', '.dependency-cruiser.cjs', 'packages', 'services'],
  'unused code': ['knip'],
};
const failed = [];
for (const [name, [command, ...args]] of Object.entries(checks)) {
  const startedAt = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`pnpm check: ${failed.join(', ')} failed`);
  process.exit(1);
}
