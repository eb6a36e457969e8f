import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeAll, temporaryFolder } from '../test/cli.ts';
import type { Io } from './io.ts';
import { targetOf, urlOf } from './target.ts';

afterEach(closeAll);

const io = (env: Record<string, string>, cwd = '/nowhere'): Io => ({ ...process, env, cwd }) as unknown as Io;

describe('the gateway’s address', () => {
  test.each([
    [undefined, {}, 'http://127.0.0.1:8080'],
    [undefined, { PORT: '' }, 'http://127.0.0.1:8080'],
    [undefined, { PORT: '9000' }, 'http://127.0.0.1:9000'],
    [undefined, { PORT: '9000', NEARHIT_URL: 'http://gate:1/' }, 'http://gate:1'],
    ['https://ai.example.com/nearhit/', { NEARHIT_URL: 'http://gate:1' }, 'https://ai.example.com/nearhit'],
    ['http://[::1]:8080', {}, 'http://[::1]:8080'],
  ] as const)('%s with %j is %s', (option, env, url) => {
    expect(urlOf(option, io(env))).toBe(url);
  });

  test.each(['localhost:8080', 'gate', 'ftp://gate', ''])('is not %j', (url) => {
    expect(() => urlOf(url, io({}))).toThrow('Not the address of a gateway');
  });
});

describe('the admin token', () => {
  test('comes from the option, the variable, the data folder, in this order', () => {
    const cwd = temporaryFolder();
    for (const [folder, token] of [
      ['.nearhit', 'here'],
      ['data', 'there'],
    ] as const) {
      mkdirSync(join(cwd, folder));
      writeFileSync(join(cwd, folder, 'admin-token'), `${token}\n`);
    }
    const tokenOf = (env: Record<string, string>, token?: string) => targetOf({ token }, io(env, cwd)).token;
    expect(tokenOf({})).toMatchObject({ value: 'here', from: join(cwd, '.nearhit', 'admin-token') });
    expect(tokenOf({ NEARHIT_DATA_DIR: 'data' }).value).toBe('there');
    expect(tokenOf({ NEARHIT_DATA_DIR: 'data', NEARHIT_ADMIN_TOKEN: 'set' }).value).toBe('set');
    expect(tokenOf({ NEARHIT_ADMIN_TOKEN: 'set' }, 'given')).toMatchObject({ value: 'given', from: '--token' });
    expect(tokenOf({ NEARHIT_DATA_DIR: 'absent' }).value).toBeUndefined();
  });
});
