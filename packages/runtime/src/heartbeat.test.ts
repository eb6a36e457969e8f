import { afterEach, expect, test } from '@jest/globals';
import type { ServiceRegistry, ServiceStatus } from '@nearhit/core';
import { until } from '../../../test/support/until.ts';
import { Chores } from './chores.ts';
import { startHeartbeat } from './heartbeat.ts';

const opened: Chores[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

class Registry implements ServiceRegistry {
  readonly there = new Map<string, ServiceStatus>();
  beats = 0;
  away = false;

  async report(status: ServiceStatus): Promise<void> {
    this.beats += 1;
    if (this.away) throw new Error('Redis is away');
    this.there.set(`${status.kind} ${status.id}`, status);
  }

  async list(): Promise<ServiceStatus[]> {
    return [...this.there.values()];
  }

  async remove({ kind, id }: Pick<ServiceStatus, 'kind' | 'id'>): Promise<void> {
    this.there.delete(`${kind} ${id}`);
  }
}

test('tells at once and then again and again, through an outage, and signs off', async () => {
  const registry = new Registry();
  const incidents: string[] = [];
  const chores = new Chores({ incident: (name) => void incidents.push(name) });
  opened.push(chores);
  let nowMs = 1000;
  let position = 7;
  let reports = 0;
  const report = async () => {
    reports += 1;
    return { position, detail: { waiting: 3 } };
  };
  const heart = startHeartbeat({ registry, kind: 'worker', version: '1.2.3', now: () => nowMs, report }, chores);
  await until('it is there', () => registry.there.size === 1);
  const told = { kind: 'worker', id: heart.id, version: '1.2.3', startedAtMs: 1000, detail: { waiting: 3 } };
  expect(await registry.list()).toEqual([{ ...told, host: expect.any(String), seenAtMs: 1000, position: 7 }]);

  registry.away = true;
  await until('an outage is an incident', () => incidents.includes('heartbeat-failed'));
  [nowMs, position, registry.away] = [5000, 8, false];
  await until('it is told anew', async () => (await registry.list())[0]?.seenAtMs === 5000);
  expect(await registry.list()).toMatchObject([{ ...told, position: 8 }]);

  await heart.close();
  const signedOffAt = registry.beats;
  // The requests in flight are waited for, and the chores go on meanwhile.
  const turns = reports;
  await until('its turn has come again', () => reports > turns + 1);
  expect(await registry.list()).toEqual([]);
  expect(registry.beats).toBe(signedOffAt);
  await chores.close();
  const { beats } = registry;
  const other = new Chores({ incident() {} });
  opened.push(other);
  startHeartbeat({ registry, kind: 'cache', version: '1', now: () => 1, report }, other);
  await until('another one beats', () => registry.beats > beats);
  expect((await registry.list()).map(({ kind }) => kind)).toEqual(['cache']);
});
