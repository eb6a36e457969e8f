import { randomUUID } from 'node:crypto';
import { type BatchRecord, NearhitError, within } from '@nearhit/core';
import { BatchRun } from './batch-run.ts';
import type { RunnerDeps } from './deps.ts';
import { FairSlots } from './fair-slots.ts';
import { Pace } from './pace.ts';

const POLL_MS = 1000;
const LEASE_MS = 15_000;
/** Batches at once: each holds a piece of its file in memory. */
const RUNS_MAX = 8;
/** A batch that breaks the runner so often, in some minutes, has broken for good. A store that is away counts for none. */
const BREAKS_MAX = 8;
const BREAK_MS = 1000;
const SWEEP_MS = 60_000;
/** After SIGTERM, lines at work are waited for so long; what they would bring is paid for. */
const GRACE_MS = 10_000;
const DAY_MS = 86_400_000;

/** Works on whatever batches are open and nobody else's. Any number of processes may have one. */
export class BatchRunner {
  readonly #deps: RunnerDeps;
  readonly #holder = randomUUID();
  readonly #runs = new Map<
    string,
    { readonly tenant: string; readonly run: BatchRun; readonly ended: Promise<void> }
  >();
  readonly #breaks = new Map<string, { readonly count: number; readonly untilMs: number }>();
  readonly #pace: Pace;
  readonly #slots: FairSlots;
  readonly #timers: NodeJS.Timeout[] = [];
  #looking: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
    this.#pace = new Pace(
      () => deps.settings().concurrency,
      () => this.#slots.pump(),
    );
    this.#slots = new FairSlots(() => this.#pace.limit());
  }

  /** For metrics and the service registry. */
  status(): { readonly batches: number; readonly lines: number } {
    return { batches: this.#runs.size, lines: this.#slots.running };
  }

  start(): void {
    const every = (ms: number, work: () => void) => {
      const timer = setInterval(work, ms);
      timer.unref();
      this.#timers.push(timer);
    };
    every(this.#deps.pollMs ?? POLL_MS, () => this.wake());
    every(SWEEP_MS, () => void this.#sweep());
    this.wake();
  }

  /** Looks for open batches now, and whether those at work have been cancelled. */
  wake(): void {
    if (this.#closed) return;
    for (const { run } of this.#runs.values()) run.look();
    if (this.#looking !== undefined) {
      this.#again = true;
      return;
    }
    this.#looking = this.#look()
      .catch((error: unknown) => this.#deps.observer.incident('batch-look-failed', error))
      .finally(() => {
        this.#looking = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.wake();
      });
  }

  /** Lines at work may end; then every batch is free for another runner. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#looking;
    for (const { run } of this.#runs.values()) run.close(false);
    const ended = () => Promise.all([...this.#runs.values()].map((one) => one.ended));
    await within(ended(), GRACE_MS, () => new Error('late')).catch(async () => {
      for (const { run } of this.#runs.values()) run.close(true);
      await ended();
    });
    this.#pace.close();
  }

  async #look(): Promise<void> {
    const nowMs = this.#deps.now();
    const isFree = ({ id }: BatchRecord) => !this.#runs.has(id) && (this.#breaks.get(id)?.untilMs ?? 0) <= nowMs;
    const open = (await this.#deps.batches.unfinished()).filter(isFree);
    while (open.length > 0 && this.#runs.size < RUNS_MAX && !this.#closed) {
      const [batch] = open.splice(this.#nextOf(open), 1);
      if (batch !== undefined) await this.#begin(batch);
    }
  }

  /** The oldest one of the tenant that has the fewest at work. */
  #nextOf(open: readonly BatchRecord[]): number {
    const running = (tenant: string) => [...this.#runs.values()].filter((one) => one.tenant === tenant).length;
    let best = 0;
    for (const [at, { tenant }] of open.entries())
      if (running(tenant) < running((open[best] as BatchRecord).tenant)) best = at;
    return best;
  }

  async #begin({ id, tenant }: BatchRecord): Promise<void> {
    const leaseMs = this.#deps.leaseMs ?? LEASE_MS;
    if (!(await this.#deps.batches.claim(id, this.#holder, leaseMs))) return;
    const run = new BatchRun(id, this.#holder, leaseMs, { ...this.#deps, slots: this.#slots, pace: this.#pace });
    const ended = run.run().then(
      () => {
        this.#breaks.delete(id);
        this.#runs.delete(id);
        this.wake();
      },
      async (error: unknown) => {
        await this.#broken(run, error);
        this.#runs.delete(id);
      },
    );
    this.#runs.set(id, { tenant, run, ended });
  }

  async #broken(run: BatchRun, error: unknown): Promise<void> {
    this.#deps.observer.incident('batch-run-failed', error);
    if (error instanceof NearhitError && error.kind === 'STORE_UNAVAILABLE') return;
    const count = (this.#breaks.get(run.id)?.count ?? 0) + 1;
    this.#breaks.set(run.id, { count, untilMs: this.#deps.now() + BREAK_MS * 2 ** count });
    if (count < BREAKS_MAX) return;
    this.#breaks.delete(run.id);
    const message =
      'Something failed in nearhit, again and again. The log of the process that runs batches has the details.';
    await run.fail([{ code: 'internal_error', message }]).catch(() => undefined);
  }

  async #sweep(): Promise<void> {
    const { files, batches, now, settings, observer } = this.#deps;
    try {
      await files.sweep(now());
      // A batch is remembered for as long again as its files are kept.
      await batches.sweep(now() - 2 * settings().fileDays * DAY_MS);
    } catch (error) {
      observer.incident('batch-sweep-failed', error);
    }
  }
}
