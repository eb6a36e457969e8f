import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../../test/support/until.ts';
import { type Secret, secretOf } from './secret-file.ts';

/** The compiled module: build before testing. */
const MODULE = new URL('../dist/secret-file.js', import.meta.url).href;

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-secret-'));
  file = join(dir, 'secrets', 'token');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a configured secret is the secret; no file is made', () => {
  expect(secretOf('configured', file, 'nhi_')).toEqual({ secret: 'configured', fresh: false });
  expect(readdirSync(dir)).toEqual([]);
});

test('made at the first start, for its owner only, and kept', () => {
  const made = secretOf(undefined, file, 'nhi_');
  expect(made).toEqual({ secret: expect.stringMatching(/^nhi_[\w-]{32}$/), file, fresh: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(secretOf('', file, 'nhi_')).toEqual({ secret: made.secret, file, fresh: false });
});

test('one that somebody wrote there counts, without the white space around it', () => {
  mkdirSync(join(dir, 'secrets'));
  writeFileSync(file, '\n  by hand \n');
  expect(secretOf(undefined, file, 'nhi_')).toEqual({ secret: 'by hand', file, fresh: false });
});

test('an empty file is named, and what to do about it', () => {
  mkdirSync(join(dir, 'secrets'));
  writeFileSync(file, ' \n');
  expect(() => secretOf(undefined, file, 'nhi_')).toThrow(`the file ${file} is empty: remove it`);
});

test('a file that can not be read is no reason to make another secret', () => {
  mkdirSync(file, { recursive: true });
  expect(() => secretOf(undefined, file, 'nhi_')).toThrow('EISDIR');
});

/** A process that waits for the sign `go`, then asks for the secret. */
function contender(n: number): Promise<Secret> {
  const source = `
    import { existsSync, writeFileSync } from 'node:fs';
    import { secretOf } from ${JSON.stringify(MODULE)};
    writeFileSync(${JSON.stringify(join(dir, `ready-${n}`))}, '');
    while (!existsSync(${JSON.stringify(join(dir, 'go'))}));
    console.log(JSON.stringify(secretOf(undefined, ${JSON.stringify(file)}, 'nhi_')));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`ended with ${code}`))));
  });
}

test('of processes that start at once one makes it, and all use it', async () => {
  const contenders = Array.from({ length: 6 }, (_, n) => contender(n));
  await until('all wait', () => readdirSync(dir).length === contenders.length);
  writeFileSync(join(dir, 'go'), '');
  const secrets = await Promise.all(contenders);
  expect(new Set(secrets.map(({ secret }) => secret))).toEqual(new Set([readFileSync(file, 'utf8').trim()]));
  expect(secrets.filter(({ fresh }) => fresh)).toHaveLength(1);
});

test('what is no file is named', () => {
  mkdirSync(file, { recursive: true });
  expect(() => secretOf(undefined, file, 'nhi_')).toThrow(`the file ${file} can't be read (EISDIR)`);
});
