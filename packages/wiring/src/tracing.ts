import type { Config } from '@nearhit/config';
import type { Observer } from '@nearhit/core';
import { type Closers, VERSION } from '@nearhit/runtime';
import { openTelemetry, type Telemetry } from '@nearhit/telemetry';
import type { Logger } from 'pino';

export interface Tracing extends Partial<Pick<Telemetry, 'begin' | 'worked'>> {
  /** What hears of requests in order to trace them. */
  readonly observers: Observer[];
}

/** Nothing, where no endpoint for traces is set. */
export async function openTracing(config: Config, log: Logger, closers: Closers): Promise<Tracing> {
  const telemetry = await openTelemetry({
    ...{ ...config.telemetry, version: VERSION },
    onError: (why) => log.warn({ why }, 'traces can not be sent'),
  });
  if (telemetry === undefined) return { observers: [] };
  closers.add(telemetry);
  return { observers: [telemetry], begin: telemetry.begin, worked: telemetry.worked };
}
