#!/usr/bin/env node
// `pnpm check`: types, lint and format, dependency rules, unused code. Runs all, then says which failed.
import { spawn } from 'node:child_process';

const BUILD = ['tsc', '-b'];
const checks = {
  'types of tests': ['tsc', '-p', 'tsconfig.test.json'],
  'lint and format': ['biome', 'ci', '--error-on-warnings', '.'],
  'dependency rules': ['depcruise', '--config', '.dependency-cruiser.cjs', 'packages', 'services'],
  'unused code': ['knip'],
};
const failed = [];

/** What it prints comes in one piece, when it ends: others run beside it. */
function check(name, [command, ...args]) {
  const startedAt = Date.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => printed.push(piece));
  return new Promise((resolve) => {
    // `close` comes after it.
    child.once('error', ({ message }) => printed.push(Buffer.from(`${message}\n`)));
    child.once('close', (code) => {
      process.stdout.write(Buffer.concat(printed));
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
      if (code !== 0) failed.push(name);
      resolve();
    });
  });
}

// The other four read what it makes, and nothing of one another.
await check('build', BUILD);
await Promise.all(Object.entries(checks).map(([name, command]) => check(name, command)));
if (failed.length > 0) {
  console.error(`pnpm check: ${failed.join(', ')} failed`);
  process.exit(1);
}
