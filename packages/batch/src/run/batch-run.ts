import { type BatchFault, type BatchRecord, type Caller, hasEnded, NearhitError } from '@nearhit/core';
import { changeBatch } from '../change.ts';
import { checkFile, isGone } from '../input/check-file.ts';
import { BatchLines, type LinesDeps } from './batch-lines.ts';
import { Tally, unanswered } from './result.ts';
import { writeFiles } from './write-files.ts';

const LOOK_MS = 1000;
/** So long a key that was revoked may still have lines begin. */
const RENEW_MS = 5000;

/** One batch in the hands of one runner, from wherever an earlier one left it to its end, or until the lease is lost. */
export class BatchRun {
  readonly id: string;
  readonly #deps: LinesDeps;
  readonly #holder: string;
  readonly #leaseMs: number;
  /** No line begins any more: cancelled, expired, lost or closing. */
  readonly #stop = new AbortController();
  /** Lines at work are not waited for either. */
  readonly #abort = new AbortController();
  #tally = new Tally();
  #leasedUntilMs: number;
  #looking: Promise<void> | undefined;
  /** Not over, but no longer this runner's to go on with. */
  #leaving = false;
  #caller: Caller | undefined;
  #renewedAtMs = 0;
  /** Its caller may do nothing any more. */
  #denied = false;

  constructor(id: string, holder: string, leaseMs: number, deps: LinesDeps) {
    this.id = id;
    this.#deps = deps;
    this.#holder = holder;
    this.#leaseMs = leaseMs;
    this.#leasedUntilMs = deps.now() + leaseMs;
  }

  /** Lines at work go on to their end; `now`: not even those. */
  close(now: boolean): void {
    this.#leaving = true;
    this.#stop.abort();
    if (now) this.#abort.abort();
  }

  /** Keeps the lease, shows how far it is, hears of a cancellation, watches the clock. */
  look(): void {
    this.#looking ??= this.#watch().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Rejects when a store fails: then another try begins where this one ended. */
  async run(): Promise<void> {
    const watching = setInterval(() => this.look(), Math.min(LOOK_MS, this.#leaseMs / 3));
    try {
      for (;;) {
        const batch = await this.#deps.batches.get(this.id);
        if (batch === undefined || hasEnded(batch) || this.#leaving) return;
        const ended = await this.#step(batch);
        if (ended) return;
      }
    } finally {
      clearInterval(watching);
      await this.#looking;
      await this.#deps.batches.release(this.id, this.#holder).catch(() => undefined);
    }
  }

  /** The batch ends, and why is no secret. */
  async fail(faults: readonly BatchFault[]): Promise<void> {
    await this.#change((batch) =>
      hasEnded(batch) ? undefined : { status: 'failed', failedAtMs: this.#deps.now(), faults },
    );
    await this.#deps.batches.dropResults(this.id);
  }

  /** True: nothing more is to be done, here or now. */
  async #step(batch: BatchRecord): Promise<boolean> {
    try {
      if (batch.status === 'validating') return await this.#validate(batch);
      if (batch.status === 'in_progress') return await this.#answer(batch);
      return await this.#finish(batch);
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.fail([{ code: 'input_file_missing', message: `The input file ${batch.inputFileId} is gone.` }]);
      return true;
    }
  }

  async #validate(batch: BatchRecord): Promise<boolean> {
    const { files, settings, now } = this.#deps;
    const { faults, ...checked } = await checkFile(files.read(batch.inputFileId), batch.endpoint, settings());
    if (faults.length > 0) {
      await this.fail(faults);
      return true;
    }
    const { total, lastLine, model } = checked;
    await this.#change((current) =>
      current.status === 'validating'
        ? { status: 'in_progress', inProgressAtMs: now(), counts: { total, completed: 0, failed: 0 }, lastLine, model }
        : undefined,
    );
    return this.#leaving;
  }

  async #answer(batch: BatchRecord): Promise<boolean> {
    const { now } = this.#deps;
    const lines = await this.#linesOf(batch);
    if (lines === undefined) return true;
    if (now() < batch.expiresAtMs) await lines.run();
    if (this.#leaving) return true;
    if (this.#denied) return this.#deny();
    const endsAs = now() >= batch.expiresAtMs && !this.#isWhole(batch) ? 'expired' : 'completed';
    await this.#change((current) =>
      current.status === 'in_progress'
        ? { ...this.#progress(current), status: 'finalizing', finalizingAtMs: now(), endsAs }
        : undefined,
    );
    return false;
  }

  async #finish(batch: BatchRecord): Promise<boolean> {
    const { batches, now } = this.#deps;
    const endsAs = batch.status === 'cancelling' ? 'cancelled' : (batch.endsAs ?? 'completed');
    if (endsAs !== 'completed' && batch.lastLine !== undefined) {
      const lines = await this.#linesOf(batch);
      if (lines === undefined) return true;
      await lines.fill((line) => unanswered(batch.id, line, endsAs));
    } else await this.#recount(batch);
    if (this.#leaving) return true;
    const written = await writeFiles(batch, { ...this.#deps, fileDays: () => this.#deps.settings().fileDays });
    await this.#change((current) =>
      hasEnded(current)
        ? undefined
        : { ...this.#progress(current), ...written, status: endsAs, [`${endsAs}AtMs`]: now() },
    );
    await batches.dropResults(batch.id);
    return true;
  }

  async #recount(batch: BatchRecord): Promise<void> {
    if (this.#isWhole(batch)) return;
    const lines = await this.#linesOf(batch);
    await lines?.fill((line) => unanswered(batch.id, line, 'expired'));
  }

  /** Undefined when its caller may do nothing any more, or can't be told: then it has failed. */
  async #linesOf(batch: BatchRecord): Promise<BatchLines | undefined> {
    const ask = this.#deps.asks[batch.endpoint];
    if (!(await this.#renewed(batch))) {
      await this.#deny();
      return undefined;
    }
    if (ask === undefined) {
      const message = `There is nobody here to answer ${batch.endpoint}.`;
      await this.fail([{ code: 'unsupported_endpoint', message }]);
      return undefined;
    }
    this.#tally = new Tally();
    const run = { tally: this.#tally, stop: this.#stop.signal, abort: this.#abort.signal };
    return new BatchLines(batch, () => this.#caller as Caller, ask, this.#deps, run);
  }

  async #deny(): Promise<true> {
    const message = 'Whoever made this batch may no longer use this gateway, or its internal token has changed since.';
    await this.fail([{ code: 'unauthorized', message }]);
    return true;
  }

  /** False: its caller may do nothing any more, or can't be told. */
  async #renewed(batch: BatchRecord): Promise<boolean> {
    this.#renewedAtMs = performance.now();
    const caller = await this.#callerOf(batch);
    this.#denied = caller === undefined;
    this.#caller = caller ?? this.#caller;
    return !this.#denied;
  }

  async #callerOf({ caller }: BatchRecord): Promise<Caller | undefined> {
    let sealed: Caller;
    try {
      sealed = this.#deps.seal.open(caller);
    } catch {
      return undefined;
    }
    try {
      return (await this.#deps.renew?.(sealed)) ?? sealed;
    } catch (error) {
      if (error instanceof NearhitError && (error.kind === 'UNAUTHORIZED' || error.kind === 'FORBIDDEN'))
        return undefined;
      throw error;
    }
  }

  async #watch(): Promise<void> {
    const { batches, now } = this.#deps;
    try {
      if (await batches.claim(this.id, this.#holder, this.#leaseMs)) this.#leasedUntilMs = now() + this.#leaseMs;
      else this.#leasedUntilMs = 0;
      const batch = await this.#show();
      if (batch?.status === 'cancelling' || (batch !== undefined && now() >= batch.expiresAtMs)) this.#stop.abort();
      const isDue = performance.now() - this.#renewedAtMs >= (this.#deps.renewMs ?? RENEW_MS);
      if (batch?.status === 'in_progress' && isDue && !(await this.#renewed(batch))) this.#stop.abort();
    } catch (error) {
      this.#deps.observer.incident('batch-watch-failed', error);
    }
    // Somebody else may be at it by now.
    if (this.#lost) this.close(true);
  }

  /** The batch as it is now. Behind the figures of an earlier runner nothing is shown: those do not go back. */
  #show(): Promise<BatchRecord | undefined> {
    return this.#change((current) => {
      const { completed, failed } = current.counts;
      const isNews = this.#tally.completed + this.#tally.failed > completed + failed;
      return current.status === 'in_progress' && isNews && !this.#lost ? this.#progress(current) : undefined;
    });
  }

  #progress({ counts }: BatchRecord): Partial<BatchRecord> {
    const { completed, failed, usage } = this.#tally;
    return { counts: { total: counts.total, completed, failed }, usage };
  }

  #isWhole({ counts }: BatchRecord): boolean {
    return this.#tally.completed + this.#tally.failed >= counts.total;
  }

  get #lost(): boolean {
    return this.#deps.now() >= this.#leasedUntilMs;
  }

  #change(change: Parameters<typeof changeBatch>[2]): Promise<BatchRecord | undefined> {
    return changeBatch(this.#deps.batches, this.id, change);
  }
}
