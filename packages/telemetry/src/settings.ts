import type { Observer } from '@nearhit/core';

export interface TelemetrySettings {
  /** OTLP over HTTP: `http://collector:4318`. Absent: no traces, and nothing of OpenTelemetry is loaded. */
  readonly otlpEndpoint?: string | undefined;
  readonly serviceName: string;
  /** Share of the requests without a sampled parent, 0..1. */
  readonly sampleRatio: number;
  readonly version: string;
  /** Hears, at most every ten seconds, why spans could not be sent. */
  readonly onError?: ((why: string) => void) | undefined;
}

/** Makes spans of what it hears. */
export interface Telemetry extends Observer {
  /** Sends what is left, for at most three seconds. */
  close(): Promise<void>;
}
