import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { ConfigError } from '../src/faults.ts';
import { loadConfig } from '../src/load.ts';

/** Working folder of the test that runs: a new one for each. */
export let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nearhit-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

/** `yaml`: what stands in its nearhit.yaml; absent: what stood there before. */
export function load(yaml?: string, env: Record<string, string> = {}) {
  if (yaml !== undefined) writeFileSync(join(cwd, 'nearhit.yaml'), yaml);
  return loadConfig({ env, cwd });
}

/** The lines of the error. */
export function faults(yaml: string | undefined, env: Record<string, string> = {}): string[] {
  try {
    load(yaml, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.faults).toHaveLength(error.message.split('\n').length);
    return error.message.split('\n');
  }
  throw new Error('the configuration was accepted');
}
