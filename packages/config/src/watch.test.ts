import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Config } from './config.ts';
import type { ConfigError } from './faults.ts';
import { loadConfig } from './load.ts';
import { watchConfig } from './watch.ts';

describe('watchConfig', () => {
  let folder: string;
  let file: string;
  let heard: { auth?: string; port?: number; error?: string }[];
  let watcher: { close(): void } | undefined;

  const watch = (contentHash?: string) => {
    watcher = watchConfig(
      file,
      ({ auth, server: { port } }: Config) => heard.push({ auth, port }),
      (error: ConfigError) => heard.push({ error: error.message }),
      { env: {}, cwd: folder, debounceMs: 20, pollMs: 50, contentHash },
    );
  };
  const times = async (count: number) => {
    const giveUpMs = Date.now() + 10_000;
    while (heard.length < count) {
      if (Date.now() > giveUpMs) throw new Error(`heard only ${JSON.stringify(heard)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nearhit-watch-'));
    file = join(folder, 'nearhit.yaml');
    heard = [];
    writeFileSync(file, 'auth: optional\n');
  });
  afterEach(() => {
    watcher?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('written in place, renamed into place, or behind a link: each new content is heard once', async () => {
    watch();
    writeFileSync(file, 'auth: required\n');
    await times(1);
    writeFileSync(`${file}.tmp`, 'server: { port: 1 }\n');
    renameSync(`${file}.tmp`, file);
    await times(2);
    writeFileSync(`${file}.tmp`, 'server: { port: 1 }\n');
    renameSync(`${file}.tmp`, file);
    const real = join(folder, 'real.yaml');
    writeFileSync(real, 'server: { port: 2 }\n');
    unlinkSync(file);
    symlinkSync(real, file);
    await times(3);
    writeFileSync(real, 'server: { port: 3 }\n');
    await times(4);
    expect(heard).toEqual([
      { auth: 'required', port: 8080 },
      { auth: 'optional', port: 1 },
      { auth: 'optional', port: 2 },
      { auth: 'optional', port: 3 },
    ]);
  });

  test('a bad file is refused with its faults; the next good one counts', async () => {
    watch();
    writeFileSync(file, 'auth: maybe\nserver: { port: x }\n');
    await times(1);
    expect(heard[0]?.error?.split('\n')).toHaveLength(2);
    expect(heard[0]?.error).toContain('nearhit.yaml:1:7 auth');
    writeFileSync(file, 'auth: required\n');
    await times(2);
    expect(heard[1]).toEqual({ auth: 'required', port: 8080 });
  });

  test('a file that goes away is an error, and its coming back is heard', async () => {
    watch();
    unlinkSync(file);
    await times(1);
    expect(heard[0]?.error).toBe('nearhit.yaml: there is no such file');
    writeFileSync(file, 'auth: required\n');
    await times(2);
    expect(heard[1]?.auth).toBe('required');
  });

  test('a change between loading and watching is not missed', async () => {
    const { contentHash } = loadConfig({ env: {}, cwd: folder }).source;
    writeFileSync(file, 'auth: required\n');
    watch(contentHash);
    await times(1);
    expect(heard[0]?.auth).toBe('required');
  });
});
