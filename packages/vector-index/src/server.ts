import { Gate } from './gate.ts';
import type { Group } from './group.ts';
import { PendingChanges } from './pack.ts';
import { Partitions } from './partitions.ts';
import type { Call, PackedChanges, Reply, Request, VectorIndexStats, WorkerOptions } from './protocol.ts';
import { restore } from './snapshot-read.ts';
import { SnapshotWriter } from './snapshot-write.ts';

/** A slice of work after which queries that have come in meanwhile are answered. */
const SLICE_MS = 0.5;

type Job = { readonly call: number; readonly request: Exclude<Request, { op: 'nearest' }> };

/**
 * Answers queries the moment they arrive and does everything else one after the other in slices between them: changes,
 * snapshots, and, when none is waiting, upkeep of the graphs. So nothing changes while a snapshot is written.
 */
export class IndexServer {
  readonly #options: WorkerOptions;
  readonly #send: (reply: Reply) => void;
  readonly #end: () => void;
  readonly #gate: Gate;
  readonly #snapshots: SnapshotWriter | undefined;
  readonly #jobs: Job[] = [];
  #partitions: Partitions;
  #position: number;
  #rejected = 0;
  readonly #snapshotIgnored: string | null;
  #running = false;

  private constructor(
    options: WorkerOptions,
    send: (reply: Reply) => void,
    end: () => void,
    restored: Awaited<ReturnType<typeof restore>>,
  ) {
    this.#options = options;
    this.#send = send;
    this.#end = end;
    this.#gate = new Gate(options.gate);
    this.#partitions = restored.partitions;
    this.#position = restored.manifest?.position ?? 0;
    this.#snapshotIgnored = restored.ignored;
    if (options.dir !== undefined) {
      this.#snapshots = new SnapshotWriter(options.dir, options.dimensions, restored.manifest);
    }
  }

  /** Reads the snapshot in `dir`, if there is a usable one. `end` is called after the last reply. */
  static async open(options: WorkerOptions, send: (reply: Reply) => void, end: () => void): Promise<IndexServer> {
    const { dir } = options;
    const restored =
      dir === undefined
        ? { partitions: new Partitions(options.dimensions, options), manifest: undefined, ignored: null }
        : await new Gate(options.gate).runAsync(() => restore(dir, options.dimensions, options));
    const server = new IndexServer(options, send, end, restored);
    server.#wake();
    return server;
  }

  take({ call, request }: Call): void {
    if (request.op !== 'nearest') {
      this.#jobs.push({ call, request });
      this.#wake();
      return;
    }
    try {
      this.#send({ call, value: this.#gate.run(() => this.#partitions.nearest(request.query)) });
    } catch (error) {
      this.#send({ call, error: messageOf(error) });
    }
  }

  /** A throw in here ends the worker: after half a change there is no telling what the graphs hold. */
  async #run(): Promise<void> {
    for (;;) {
      const job = this.#jobs.shift();
      if (job) await this.#perform(job);
      if (job?.request.op === 'close') return this.#end();
      const more = this.#gate.run(() => sliced(() => this.#partitions.step()));
      if (!more && this.#jobs.length === 0) break;
      await turn();
    }
    this.#running = false;
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  async #perform({ call, request }: Job): Promise<void> {
    switch (request.op) {
      case 'apply':
        await this.#apply(request.packed);
        this.#position = request.seq;
        return this.#send({ call });
      case 'position':
        return this.#send({ call, value: this.#position });
      case 'ids':
        return this.#send({ call, value: this.#partitions.ids() });
      case 'stats':
        return this.#send({ call, value: this.#stats() });
      case 'snapshot':
        return this.#storing(call, async () => {
          await this.#gate.runAsync(async () => this.#snapshots?.write(this.#partitions, this.#position));
          return this.#position;
        });
      case 'clear':
        return this.#storing(call, async () => {
          await this.#snapshots?.clear();
          this.#gate.run(() => this.#partitions.dispose());
          this.#partitions = new Partitions(this.#options.dimensions, this.#options);
          this.#position = 0;
        });
      case 'close':
        return this.#send({ call });
    }
  }

  async #apply({ changes, vectors, rejected }: PackedChanges): Promise<void> {
    this.#rejected += rejected;
    const pending = new PendingChanges(changes, vectors, this.#options.dimensions);
    let overfull: Group | undefined;
    // Answers false when all is done.
    const step = (): boolean => {
      if (overfull?.overfull && this.#partitions.stepGroup(overfull)) return true;
      const change = pending.next();
      if (change) overfull = this.#partitions.apply(change);
      return change !== undefined;
    };
    while (this.#gate.run(() => sliced(step))) await turn();
  }

  /** A failing disk fails the call only. */
  async #storing(call: number, work: () => Promise<unknown>): Promise<void> {
    try {
      this.#send({ call, value: await work() });
    } catch (error) {
      this.#send({ call, error: messageOf(error) });
    }
  }

  #stats(): VectorIndexStats {
    return { ...this.#partitions.stats(), rejected: this.#rejected, snapshotIgnored: this.#snapshotIgnored };
  }
}

/** Steps for one slice; false when the last step found nothing to do. */
function sliced(step: () => boolean): boolean {
  const until = performance.now() + SLICE_MS;
  while (step()) if (performance.now() >= until) return true;
  return false;
}

/** Lets the messages in that have arrived. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
