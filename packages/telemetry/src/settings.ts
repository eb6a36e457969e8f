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

/** A call that this process answered for another of ours. */
export interface TracedCall {
  /** The caller's W3C trace context. */
  readonly traceparent: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Unix time. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** A job that this process took out of a queue. */
export interface TracedJob {
  /** W3C trace context of the request that made it. */
  readonly traceparent: string;
  readonly queue: string;
  /** Unix time. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly failed: boolean;
}

/** Makes spans of what it hears. */
export interface Telemetry extends Observer {
  /**
   * A trace context for what a request causes elsewhere, given that of its client: with the id of the span that its record
   * will become (`DecisionRecord.span`). What is no trace context begins a new trace.
   */
  begin(traceparent?: string): string;
  served(call: TracedCall): void;
  worked(job: TracedJob): void;
  /** Sends what is left, for at most three seconds. */
  close(): Promise<void>;
}
