import type { IncomingHttpHeaders } from 'node:http';

/** How one request ended. */
export interface Sample {
  /** `hit:l1`, `hit:l2`, `hit:semantic`, `stale`, `miss`, `bypass`, `uncached` (no nearhit answered), `error`. */
  readonly outcome: string;
  /** Why a request was not served from the cache, as the gateway says. */
  readonly reason?: string | undefined;
  /** What went wrong, of an `error`. */
  readonly error?: string | undefined;
  readonly latencyMs: number;
  /** Until the first byte of the answer's body. */
  readonly firstByteMs: number;
  /** Time in nearhit itself, as it says. */
  readonly overheadMs?: number | undefined;
}

const TAIL_BYTES = 2048;

/** Looks at an answer's body while it arrives, and keeps nothing but its end. */
export class BodyWatch {
  #tail: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#tail = chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES);
  }

  get tail(): string {
    return this.#tail.toString('utf8');
  }
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);

/** Undefined when the answer is whole and no error. */
export function faultOf(status: number, headers: IncomingHttpHeaders, tail: string): string | undefined {
  if (status !== 200) {
    const code = /"code"\s*:\s*"([^"]{1,80})"/.exec(tail)?.[1];
    return `HTTP ${status}${code === undefined ? '' : ` ${code}`}`;
  }
  if (!one(headers['content-type'])?.startsWith('text/event-stream')) return undefined;
  if (/^data: *\[DONE\]\s*$/m.test(tail)) return undefined;
  return /^(event: *error|data: *\{"error")/m.test(tail)
    ? 'stream ended with an error event'
    : 'stream ended without [DONE]';
}

export function outcomeOf(headers: IncomingHttpHeaders): Pick<Sample, 'outcome' | 'reason' | 'overheadMs'> {
  const cache = one(headers['x-nearhit-cache']) ?? 'uncached';
  const layer = one(headers['x-nearhit-layer']);
  const overhead = Number(one(headers['x-nearhit-overhead-ms']) ?? Number.NaN);
  return {
    outcome: layer === undefined ? cache : `${cache}:${layer}`,
    reason: one(headers['x-nearhit-reason']),
    overheadMs: Number.isFinite(overhead) ? overhead : undefined,
  };
}
