import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { freePort, RedisServer } from '@nearhit/redis/testing';
import { closeAll, nearhit, temporaryFolder } from '../../packages/cli/test/cli.ts';
import { ADMIN_TOKEN, Gateway } from '../support/gateway.ts';

afterEach(closeAll);

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly found: string;
  readonly todo?: string;
}

/** By the name of the check; of several, the worst. */
async function doctor(env: Record<string, string>, cwd = temporaryFolder()) {
  const { code, stdout } = await nearhit(['doctor', '--json'], {
    cwd,
    env: { PORT: String(await freePort()), ...env },
  });
  const told = JSON.parse(stdout) as { findings: Finding[]; failed: number; warnings: number };
  const of = (check: string) =>
    told.findings.filter((one) => one.check === check).map(({ state, found }) => `${state} ${found}`);
  return { code, of, ...told };
}

describe('nearhit doctor', () => {
  test('in an empty folder finds nothing amiss but that nobody answers for real', async () => {
    const { code, of, failed } = await doctor({});
    expect([code, failed]).toEqual([0, 0]);
    expect(of('configuration')).toEqual(['ok no file: defaults and environment']);
    expect(of('providers')).toEqual(['warn the built-in demo alone']);
    expect(of('model')).toEqual([expect.stringMatching(/^ok .*384 dimensions$/)]);
    for (const check of ['node', 'data folder', 'port', 'redis'])
      expect(of(check)).toEqual([expect.stringMatching(/^ok/)]);
  });

  test('asks a real Redis: version, what it does when it is full, its clock; and says so when it is not there', async () => {
    const redis = await RedisServer.start();
    closers.push(() => redis.close());
    const services = {
      EMBEDDING_URL: 'http://127.0.0.1:1',
      CACHE_URL: 'http://127.0.0.1:1',
      NEARHIT_INTERNAL_TOKEN: 'internal-token',
    };
    const there = await doctor({ REDIS_URL: redis.url, ...services });
    expect(there.of('redis')).toEqual([expect.stringMatching(/^ok version \d/)]);
    expect(there.of('redis memory')).toEqual([expect.stringMatching(/^ok/)]);
    expect(there.of('clock')).toEqual([expect.stringMatching(/^ok \d+ ms/)]);
    expect([there.of('embedding'), there.of('cache')]).toEqual([
      [expect.stringMatching(/^fail/)],
      [expect.stringMatching(/^fail/)],
    ]);
    const away = await doctor({ REDIS_URL: 'redis://:secret@127.0.0.1:1', ...services });
    expect(away.of('redis')).toEqual([expect.stringMatching(/^fail redis:\/\/\*\*\*@127.0.0.1:1: .*ECONNREFUSED/)]);
    expect([away.code, JSON.stringify(away.findings).includes('secret')]).toEqual([1, false]);
  });

  test('tells a gateway on the port from another program', async () => {
    const gateway = await Gateway.start();
    closers.push(() => gateway.close());
    const port = new URL(gateway.url).port;
    expect((await doctor({ PORT: port, NEARHIT_ADMIN_TOKEN: ADMIN_TOKEN })).of('port')).toEqual([
      expect.stringMatching(/^ok a gateway answers/),
    ]);
    const other = createServer((_req, res) => void res.writeHead(404).end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closers.push(async () => other.close());
    const taken = String((other.address() as AddressInfo).port);
    expect((await doctor({ PORT: taken })).of('port')).toEqual([
      expect.stringMatching(/^fail 127.0.0.1:\d+ is in use/),
    ]);
  });

  test('names the faults of a configuration, and of a model', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'nearhit.yaml'), 'polices: {}\n');
    const broken = await doctor({}, cwd);
    expect([broken.code, broken.of('configuration')]).toEqual([1, [expect.stringMatching(/nearhit.yaml:1/)]]);
    const absent = await doctor({ EMBEDDING_MODEL: join(cwd, 'absent') });
    expect(absent.of('model')).toEqual([expect.stringMatching(/^fail/)]);
  });

  test('for people says what to do', async () => {
    const { stdout } = await nearhit(['doctor'], { env: { PORT: String(await freePort()) } });
    expect(stdout).toMatch(/^warn {2}providers {6}the built-in demo alone\n {21}Set OPENAI_API_KEY/m);
    expect(stdout).toMatch(/^0 failures, 1 warning\.$/m);
  });
});
