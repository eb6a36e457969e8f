import type { Config } from '@nearhit/config';
import type { Observer } from '@nearhit/core';
import { type Closers, VERSION } from '@nearhit/runtime';
import { openTelemetry } from '@nearhit/telemetry';
import type { Logger } from 'pino';

/** What hears of requests in order to trace them; nobody, where no endpoint for traces is set. */
export async function openTracing(config: Config, log: Logger, closers: Closers): Promise<Observer[]> {
  const telemetry = await openTelemetry({
    ...{ ...config.telemetry, version: VERSION },
    onError: (why) => log.warn({ why }, 'traces can not be sent'),
  });
  return telemetry === undefined ? [] : [closers.add(telemetry)];
}
