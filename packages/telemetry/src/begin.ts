import { isValidSpanId, isValidTraceId, ROOT_CONTEXT, SpanKind, TraceFlags } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { type IdGenerator, RandomIdGenerator, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-base';

/** Gives a span the ids that were told of before it was made: spans are made when all is over. */
export class PresetIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #traceId: string | undefined;
  #spanId: string | undefined;

  /** Of the next span. Undefined, or no trace context: random ones. */
  preset(traceparent: string | undefined): void {
    const known = traceparent === undefined ? null : parseTraceParent(traceparent);
    this.#traceId = known?.traceId;
    this.#spanId = known?.spanId;
  }

  readonly generateTraceId = (): string => {
    const traceId = this.#traceId ?? this.#random.generateTraceId();
    this.#traceId = undefined;
    return traceId;
  };

  readonly generateSpanId = (): string => {
    const spanId = this.#spanId ?? this.#random.generateSpanId();
    this.#spanId = undefined;
    return spanId;
  };
}

/** See `Telemetry.begin`. The client decides whether its trace is sampled, `root` whether one that begins here is. */
export function beginning(traceparent: string | undefined, ids: IdGenerator, root: Sampler): string {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  const spanId = ids.generateSpanId();
  if (parent !== null && isValidTraceId(parent.traceId) && isValidSpanId(parent.spanId))
    return traceParentOf(parent.traceId, spanId, (parent.traceFlags & TraceFlags.SAMPLED) !== 0);
  const traceId = ids.generateTraceId();
  const { decision } = root.shouldSample(ROOT_CONTEXT, traceId, '', SpanKind.SERVER, {}, []);
  return traceParentOf(traceId, spanId, decision === SamplingDecision.RECORD_AND_SAMPLED);
}

const traceParentOf = (traceId: string, spanId: string, sampled: boolean): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
