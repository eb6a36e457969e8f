import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from './load.ts';

const root = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const env = { OPENAI_API_KEY: 'sk-a', ANTHROPIC_API_KEY: 'sk-b', GEMINI_API_KEY: 'sk-c' };
const more = { AZURE_OPENAI_API_KEY: 'sk-d', OPENAI_API_KEY_2: 'sk-e', DEEPSEEK_API_KEY: 'sk-f' };

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nearhit-examples-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

test('examples/three-providers.nearhit.yaml: three providers, each a target of both models, one model the fallback', () => {
  const { providers, models, warnings } = loadConfig({ env, cwd, file: root('examples/three-providers.nearhit.yaml') });
  const ids = ['openai', 'anthropic', 'gemini'];
  expect(providers.map(({ id, kind, apiKeys }) => [id, kind, apiKeys])).toEqual([
    ['openai', 'openai', ['sk-a']],
    ['anthropic', 'anthropic', ['sk-b']],
    ['gemini', 'gemini', ['sk-c']],
  ]);
  expect(models.map(({ id, fallbacks }) => [id, fallbacks])).toEqual([
    ['assistant', ['fast']],
    ['fast', []],
  ]);
  for (const { targets } of models) {
    expect(targets.map(({ provider }) => provider)).toEqual(ids);
    for (const { price } of targets) expect(price?.outputUsdPerMTok).toBeGreaterThan(price?.inputUsdPerMTok ?? 0);
  }
  expect(warnings).toEqual([]);
});

const page = readFileSync(root('docs/coming-from.md'), 'utf8');
const translated = page
  .split('```yaml\n')
  .slice(1)
  .map((block) => block.split('```')[0] as string)
  .filter((block) => block.startsWith('# nearhit.yaml'));

test('docs/coming-from.md translates a configuration of each of three gateways', () => {
  expect(translated).toHaveLength(3);
});

test.each(translated.map((yaml, at) => [at + 1, yaml]))(
  'translation %d of docs/coming-from.md is accepted',
  (_at, yaml) => {
    writeFileSync(join(cwd, 'nearhit.yaml'), String(yaml));
    const { providers, models } = loadConfig({ env: { ...env, ...more }, cwd });
    expect(providers.length).toBeGreaterThan(1);
    expect(models.length).toBeGreaterThan(0);
  },
);
