import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ChildGateway } from '../support/child-gateway.ts';

let folder: string;
let gateway: ChildGateway | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nearhit-newer-'));
});
afterEach(async () => {
  await gateway?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** The store's format number, wherever its key and value lie side by side. */
function raiseFormat(file: string): number {
  const bytes = readFileSync(file);
  let found = 0;
  for (let at = bytes.indexOf('format'); at !== -1; at = bytes.indexOf('format', at + 1)) {
    if (bytes.readUIntBE(at + 6, 6) !== 1) continue;
    bytes.writeUIntBE(9, at + 6, 6);
    found += 1;
  }
  writeFileSync(file, bytes);
  return found;
}

test('a data folder of a newer version: one line, exit code 1, and the folder is left as it is', async () => {
  gateway = await ChildGateway.start({ cwd: folder, embedding: 'shared' });
  await gateway.ask('Anything?');
  gateway.signal('SIGTERM');
  expect((await gateway.ended).code).toBe(0);

  const file = join(folder, '.nearhit', 'nearhit.mdb');
  expect(raiseFormat(file)).toBeGreaterThan(0);
  const before = readFileSync(file);
  gateway = ChildGateway.spawn({ cwd: folder });
  expect(await gateway.ended).toEqual({ code: 1, signal: null });
  expect(gateway.stdout).toBe('');
  expect(gateway.stderr).toMatch(/^nearhit: data folder .*\.nearhit was written by a newer nearhit \(format 9, .*\n$/);
  expect(readFileSync(file).equals(before)).toBe(true);
});
