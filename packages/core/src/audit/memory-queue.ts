import type { AuditJob, AuditQueue, RunAudit } from '../ports/audit-queue.ts';
import type { Observer } from '../ports/observer.ts';

export interface MemoryAuditsOptions {
  readonly run: RunAudit;
  readonly observer: Pick<Observer, 'incident'>;
  readonly jobsMax?: number | undefined;
  /** Of the texts. */
  readonly bytesMax?: number | undefined;
  /** Tries of a job before it is given up. */
  readonly attemptsMax?: number | undefined;
  readonly retryMs?: number | undefined;
  /** Resolves when there is nothing more urgent to do. Default: at once. */
  readonly calm?: (() => Promise<void>) | undefined;
}

/** Audits of one process: in memory, bounded, one at a time. What has not been run when the process ends is dropped. */
export function createMemoryAudits(options: MemoryAuditsOptions): AuditQueue {
  return new MemoryAudits(options);
}

class MemoryAudits implements AuditQueue {
  readonly #options: MemoryAuditsOptions;
  readonly #waiting = new Map<string, AuditJob>();
  readonly #abort = new AbortController();
  #bytes = 0;
  #inHand: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: MemoryAuditsOptions) {
    this.#options = options;
  }

  enqueue(job: AuditJob): boolean {
    const { jobsMax = 500, bytesMax = 33_554_432 } = this.#options;
    if (this.#abort.signal.aborted) return false;
    if (this.#waiting.has(job.id) || this.#inHand === job.id) return true;
    const bytes = bytesOf(job);
    if (this.#waiting.size >= jobsMax || this.#bytes + bytes > bytesMax) return false;
    this.#waiting.set(job.id, job);
    this.#bytes += bytes;
    this.#running ??= this.#drain();
    return true;
  }

  async depth(): Promise<number> {
    return this.#waiting.size + (this.#inHand === undefined ? 0 : 1);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#waiting.clear();
    await this.#running;
  }

  async #drain(): Promise<void> {
    const { signal } = this.#abort;
    await turn();
    for (let next = first(this.#waiting); next !== undefined && !signal.aborted; next = first(this.#waiting)) {
      this.#waiting.delete(next.id);
      this.#inHand = next.id;
      await this.#options.calm?.();
      await this.#attempt(next);
      this.#bytes -= bytesOf(next);
      this.#inHand = undefined;
      await turn();
    }
    this.#running = undefined;
  }

  async #attempt(job: AuditJob): Promise<void> {
    const { run, observer, attemptsMax = 3, retryMs = 1000 } = this.#options;
    const { signal } = this.#abort;
    let judged: Parameters<Parameters<RunAudit>[1]['keep']>[0] | undefined;
    const keep = async (judgement: NonNullable<typeof judged>) => {
      judged = judgement;
    };
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        return await run(job, { judged, keep, signal });
      } catch (error) {
        if (signal.aborted) return;
        if (attempt === attemptsMax) return observer.incident('audit-given-up', error);
        await pause(retryMs * 2 ** (attempt - 1), signal);
      }
    }
  }
}

const first = (waiting: ReadonlyMap<string, AuditJob>): AuditJob | undefined => waiting.values().next().value;

/** Whatever else is due comes first. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Of a job's texts, in memory. */
function bytesOf({ query, compare }: AuditJob): number {
  return 2 * (query.length + (compare.kind === 'audit' ? compare.question.body.length : compare.answer.length));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
