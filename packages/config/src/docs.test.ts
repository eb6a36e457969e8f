import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { POLICY_DEFAULTS, POLICY_FIELDS } from '@nearhit/core';
import { loadConfig } from './load.ts';
import { VARIABLE_NAMES } from './overrides.ts';

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
const example = page.split('```yaml\n')[1]?.split('```')[0] ?? '';

const SECTIONS = [
  ...(['server', 'auth', 'retry', 'breaker', 'cache', 'embedding', 'batches', 'limits', 'tenants'] as const),
  ...(['redis', 'services', 'queue', 'index', 'usage', 'logging', 'telemetry'] as const),
] as const;

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nearhit-docs-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

test('the example of docs/configuration.md is accepted, and shows the defaults as they are', () => {
  const defaults = loadConfig({ env: {}, cwd });
  writeFileSync(join(cwd, 'nearhit.yaml'), example);
  const shown = loadConfig({ env: {}, cwd });
  for (const section of SECTIONS) expect(shown[section]).toEqual(defaults[section]);
  expect(shown.policies.default).toEqual(POLICY_DEFAULTS);
  const { id, ...provider } = shown.providers[0] ?? {};
  writeFileSync(join(cwd, 'nearhit.yaml'), 'providers: [{ id: x }]');
  const { id: _, ...bare } = loadConfig({ env: {}, cwd }).providers[0] ?? {};
  expect(provider).toEqual(bare);
  expect(id).toBe('main');
});

test('every policy field is on the page', () => {
  for (const field of POLICY_FIELDS) expect(example).toContain(`${field}:`);
});

test('every variable is on the page', () => {
  for (const name of VARIABLE_NAMES) expect(page).toContain(`\`${name}\``);
});
