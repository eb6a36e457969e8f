import type { Telemetry, TelemetrySettings } from './settings.ts';

export type { Telemetry, TelemetrySettings, TracedCall, TracedJob } from './settings.ts';

/** Undefined where no endpoint is set. */
export async function openTelemetry(settings: TelemetrySettings): Promise<Telemetry | undefined> {
  const { otlpEndpoint } = settings;
  if (otlpEndpoint === undefined || otlpEndpoint === '') return undefined;
  const { createTracing } = await import('./tracing.ts');
  return createTracing({ ...settings, otlpEndpoint });
}
