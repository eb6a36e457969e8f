import { randomUUID } from 'node:crypto';
import type { Observer } from '@nearhit/core';
import { connectRedis } from '../connection.ts';
import { createRedisFlights, type RedisFlights, type RedisFlightsOptions } from './flights.ts';

/** Looks again and again until it is so. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 5));
}

export interface TestProcess {
  readonly flights: RedisFlights;
  readonly incidents: string[];
  /** Gone without a word, as after SIGKILL: nothing of it reaches Redis any more. */
  cut(): void;
  close(): Promise<void>;
}

export type TestProcessOptions = Omit<Partial<RedisFlightsOptions>, 'connection' | 'observer'>;

/** What a process has of its own: connections and a name. Ready when it resolves. */
export async function openProcess(
  url: string,
  keyPrefix: string,
  // Two cores and many tests: what is late here is no sign of anything.
  options: TestProcessOptions = { claimTimeoutMs: 2000 },
): Promise<TestProcess> {
  const incidents: string[] = [];
  const observer: Observer = { record() {}, incident: (name) => void incidents.push(name) };
  const connection = connectRedis({ url, keyPrefix });
  const flights = createRedisFlights({ connection, observer, ...options });
  await until(() => flights.connected);
  const close = async () => {
    await flights.close();
    await connection.close();
  };
  return { flights, incidents, cut: () => void connection.close(), close };
}

/** Three processes with keys of their own. */
export async function sharing(url: string, options?: TestProcessOptions) {
  const prefix = `t-${randomUUID().slice(0, 8)}`;
  const [one, two, three] = await Promise.all([
    openProcess(url, prefix, options),
    openProcess(url, prefix, options),
    openProcess(url, prefix, options),
  ]);
  const all = [one, two, three] as const;
  return {
    processes: [one.flights, two.flights, three.flights] as const,
    all,
    close: async () => void (await Promise.all(all.map((process) => process.close()))),
  };
}
