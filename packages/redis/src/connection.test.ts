import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort, RedisServer } from '../testing/index.ts';
import { connectRedis, type RedisConnection } from './connection.ts';
import type { RedisSettings } from './settings.ts';

let dir: string;
const closers: (() => Promise<void>)[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-connection-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(dir, { recursive: true, force: true });
});

async function startServer(args: readonly string[] = []): Promise<RedisServer> {
  const server = await RedisServer.start({ args });
  closers.push(() => server.close());
  return server;
}

function connect(settings: RedisSettings): { connection: RedisConnection; heard: Error[] } {
  const heard: Error[] = [];
  const connection = connectRedis(settings, (error) => heard.push(error));
  closers.push(() => connection.close());
  return { connection, heard };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('connectRedis', () => {
  test('with a user and a password of its own; keys begin with the prefix', async () => {
    const server = await startServer();
    const admin = connect({ url: server.url }).connection;
    expect(await admin.ready(5000)).toBe(true);
    await admin.client.call('ACL', 'SETUSER', 'hit', 'on', '>p@ss:word', '~near:*', '+@all');
    const url = `redis://hit:p%40ss:word@127.0.0.1:${server.port}`;
    const { connection } = connect({ url, keyPrefix: 'near' });
    expect(await connection.ready(5000)).toBe(true);
    await connection.client.set(connection.key('a', 'x'), '1');
    expect(await admin.client.get('near:{a}:x')).toBe('1');
    await expect(connection.client.set('elsewhere', '1')).rejects.toThrow(/NOPERM/);
  });

  test('a refused password is reported, without it', async () => {
    const server = await startServer(['--requirepass', 'right']);
    const { connection, heard } = connect({ url: `redis://:wr0ng@127.0.0.1:${server.port}` });
    expect(await connection.ready(300)).toBe(false);
    await until(() => heard.length > 0);
    expect(inspect(heard, { depth: 9, showHidden: true })).toMatch(/WRONGPASS/);
    expect(inspect(heard, { depth: 9, showHidden: true })).not.toMatch(/wr0ng/);
  });

  test('a database of its own', async () => {
    const server = await startServer();
    const [one, two] = [connect({ url: server.url }).connection, connect({ url: `${server.url}/2` }).connection];
    await Promise.all([one.ready(5000), two.ready(5000)]);
    await two.client.set('x', '2');
    expect(await one.client.get('x')).toBeNull();
    await one.client.select(2);
    expect(await one.client.get('x')).toBe('2');
  });

  test('TLS, with an authority that Node does not know', async () => {
    const { key, cert } = selfSigned(dir);
    const port = await freePort();
    await startServer([
      '--tls-port',
      String(port),
      '--tls-cert-file',
      cert,
      '--tls-key-file',
      key,
      '--tls-auth-clients',
      'no',
    ]);
    const url = `rediss://localhost:${port}`;
    const { connection } = connect({ url, caCert: readFileSync(cert, 'utf8') });
    expect(await connection.ready(5000)).toBe(true);
    expect(await connection.client.ping()).toBe('PONG');
    const unknown = connect({ url });
    expect(await unknown.connection.ready(300)).toBe(false);
    expect(inspect(unknown.heard)).toMatch(/self-signed/);
  });

  test('Sentinel names the master', async () => {
    const server = await startServer(['--requirepass', 'right']);
    const config = join(dir, 'sentinel.conf');
    const monitor = `sentinel monitor main 127.0.0.1 ${server.port} 1\nsentinel auth-pass main right\n`;
    writeFileSync(config, monitor);
    const sentinel = await RedisServer.sentinel(config);
    closers.push(() => sentinel.close());
    const { connection } = connect({ url: `redis+sentinel://:right@127.0.0.1:${sentinel.port}/main` });
    expect(await connection.ready(5000)).toBe(true);
    await connection.client.set('x', 'through sentinel');
    const direct = connect({ url: `redis://:right@127.0.0.1:${server.port}` }).connection;
    await direct.ready(5000);
    expect(await direct.client.get('x')).toBe('through sentinel');
  });

  test('is ready once Redis is there, however late; closing ends every client', async () => {
    const server = await startServer();
    await server.kill();
    const { connection } = connect({ url: server.url });
    const subscriber = connection.open('subscriber');
    const waiting = connection.ready(10_000);
    await expect(connection.client.get('x')).rejects.toThrow();
    await server.run();
    expect(await waiting).toBe(true);
    await connection.close();
    expect(await connection.ready(50)).toBe(false);
    await until(() => subscriber.status === 'end');
  });
});

function selfSigned(folder: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', [...how, '-keyout', key, '-out', cert, ...names], { stdio: 'ignore' });
  return { key, cert };
}
