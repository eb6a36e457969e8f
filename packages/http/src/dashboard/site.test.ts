import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { closeAll, start } from '../../test/start.ts';

let folder: string;
const SCRIPT = 'export const answer = 42;\n'.repeat(100);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nearhit-site-'));
  mkdirSync(join(folder, 'assets'));
  for (const [name, text] of [
    ['index.html', '<!doctype html><title>nearhit</title>'],
    ['assets/main-1a2b3c4d.js', SCRIPT],
  ] as const) {
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text));
  }
});
afterEach(closeAll);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the dashboard', () => {
  test.each(['/dashboard', '/dashboard/', '/dashboard/index.html'])(
    '%s is the page, asked for anew each time',
    async (path) => {
      const { call } = await start({ dashboard: folder });
      const page = await call.get(path);
      expect(page.status).toBe(200);
      expect(page.text).toContain('<title>nearhit</title>');
      expect(page.headers['content-type']).toBe('text/html;charset=utf-8');
      expect(page.headers['cache-control']).toBe('no-cache');
      const again = await call.get(path).set('if-none-match', page.headers.etag as string);
      expect(again.status).toBe(304);
    },
  );

  test('allows nothing inline, nothing from elsewhere, and no frame', async () => {
    const { call } = await start({ dashboard: folder });
    const { headers } = await call.get('/dashboard');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
  });

  test.each([
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['identity', undefined],
  ])('a hashed file for `accept-encoding: %s` is sent as %s, for good', async (accepted, encoding) => {
    const { call } = await start({ dashboard: folder });
    const file = await call.get('/dashboard/assets/main-1a2b3c4d.js').set('accept-encoding', accepted);
    expect([file.status, file.headers['content-encoding'], file.headers.vary]).toEqual([
      200,
      encoding,
      'Accept-Encoding',
    ]);
    expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(file.headers['content-type']).toMatch(/^text\/javascript/);
    expect(Number(file.headers['content-length']) < SCRIPT.length).toBe(encoding !== undefined);
  });

  test.each([
    '/dashboard/../package.json',
    '/dashboard/%2e%2e/package.json',
    '/dashboard/assets/none.js',
    '/dashboard/..%2f..%2fetc/passwd',
  ])('%s is nothing', async (path) => {
    const { call } = await start({ dashboard: folder });
    expect((await call.get(path)).status).toBe(404);
  });

  test('takes nothing', async () => {
    const { call } = await start({ dashboard: folder });
    expect((await call.post('/dashboard/index.html').send('x')).status).toBe(404);
  });

  test('that was not built says so', async () => {
    const { call } = await start({ dashboard: join(folder, 'absent') });
    const answer = await call.get('/dashboard');
    expect([answer.status, answer.body.error.message]).toEqual([404, expect.stringMatching(/not built/)]);
  });
});
