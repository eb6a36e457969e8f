import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { internalTokenOf, requiredUrls, withPort } from './service-config.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'nearhit-service-config-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test.each([
  [{}, '7001'],
  [{ PORT: '' }, '7001'],
  [{ PORT: '0' }, '0'],
  [{ PORT: '9000' }, '9000'],
])('%j: PORT %s', (env, port) => {
  expect(withPort({ HOST: '::1', ...env }, 7001)).toEqual({ HOST: '::1', PORT: port });
});

test('the internal token: as configured, else in the file that is named, else in the data folder', () => {
  expect(internalTokenOf({ dataDir, services: { internalToken: 'ours' } })).toMatchObject({ secret: 'ours' });
  const internalTokenFile = join(dataDir, 'shared', 'token');
  const { secret } = internalTokenOf({ dataDir, services: { internalTokenFile } });
  expect(readFileSync(internalTokenFile, 'utf8')).toBe(`${secret}\n`);
  expect(internalTokenOf({ dataDir, services: { internalTokenFile } })).toMatchObject({ secret, fresh: false });
  const own = internalTokenOf({ dataDir, services: {} });
  expect([own.file, own.secret === secret]).toEqual([join(dataDir, 'internal-token'), false]);
});

test('a service that nobody named is refused in one line', () => {
  expect(requiredUrls('CACHE_URL', ['http://cache:7002'])).toEqual(['http://cache:7002']);
  expect(() => requiredUrls('EMBEDDING_URL', [])).toThrow(/^EMBEDDING_URL is not set: .*http:\/\/localhost:7001$/);
});
