import type { Neighbour, PartitionKey } from '@nearhit/core';
import { Gate } from './gate.ts';
import type { Group } from './group.ts';
import { sliced, turn } from './pace.ts';
import { PendingChanges } from './pack.ts';
import { Paging } from './paging.ts';
import { Partitions } from './partitions.ts';
import type { Call, Message, PackedChanges, Request, VectorIndexStats, WorkerOptions } from './protocol.ts';
import { restore } from './restore.ts';
import { PartitionReader } from './snapshot-read.ts';
import { SnapshotWriter } from './snapshot-write.ts';

type Query = Extract<Request, { op: 'nearest' }>['query'];
type Job = { readonly call: number; readonly request: Exclude<Request, { op: 'nearest' }> };

/** What waits for closed partitions may take this share of the memory. */
const WAITING_SHARE = 1 / 8;
const WAITING_BYTES_MIN = 1 << 20;
const WAKE_MS_MIN = 50;

/**
 * Answers queries the moment they arrive and does everything else one after the other in slices between them: changes,
 * snapshots, closing of partitions, and, when none is waiting, upkeep of the graphs. So nothing changes while a snapshot is
 * written. Only opening a partition goes on beside all that: until it is open, its changes wait.
 */
export class IndexServer {
  readonly #options: WorkerOptions;
  readonly #send: (message: Message) => void;
  readonly #end: () => void;
  readonly #gate: Gate;
  readonly #partitions: Partitions;
  #writer: SnapshotWriter | undefined;
  #paging: Paging | undefined;
  #waker: NodeJS.Timeout | undefined;
  readonly #jobs: Job[] = [];
  #position = 0;
  #rejected = 0;
  #snapshotIgnored: string | null = null;
  #running = false;

  private constructor(options: WorkerOptions, send: (message: Message) => void, end: () => void) {
    const { bytesMax = 0, dimensions } = options;
    const waitingBytesMax = Math.max(bytesMax * WAITING_SHARE, WAITING_BYTES_MIN);
    this.#options = options;
    this.#send = send;
    this.#end = end;
    this.#gate = new Gate(options.gate);
    this.#partitions = new Partitions(dimensions, { ...options, waitingBytesMax });
  }

  /** Reads the snapshot in `dir`, if there is a usable one, and says that it is ready. `end` is called after the last reply. */
  static async open(options: WorkerOptions, send: (message: Message) => void, end: () => void): Promise<IndexServer> {
    const server = new IndexServer(options, send, end);
    const lost = options.dir === undefined ? [] : await server.#restore(options.dir);
    send({ ready: true, position: server.#position });
    for (const partition of lost) send({ lost: partition, reason: 'it was not whole in the snapshot' });
    server.#wake();
    return server;
  }

  take({ call, request }: Call): void {
    if (request.op !== 'nearest') {
      this.#jobs.push({ call, request });
      this.#wake();
      return;
    }
    const { query } = request;
    const closed = query.k > 0 && this.#partitions.partitions.get(query.partition)?.open === false;
    if (closed && this.#paging) void this.#replying(call, () => this.#nearestLater(query, this.#paging as Paging));
    else this.#reply(call, () => this.#nearest(query));
  }

  /** Answers which partitions are not whole. */
  async #restore(dir: string): Promise<readonly PartitionKey[]> {
    const { bytesMax, idleMs } = this.#options;
    const gate = this.#gate;
    const partitions = this.#partitions;
    const reader = new PartitionReader(dir, partitions.arena, this.#options, gate);
    const { manifest, ignored } = await gate.runAsync(() => restore(dir, partitions, reader, bytesMax));
    const writer = new SnapshotWriter(dir, partitions, manifest);
    this.#position = manifest?.position ?? 0;
    this.#snapshotIgnored = ignored;
    this.#writer = writer;
    if (bytesMax !== undefined) {
      const onLost = (lost: PartitionKey, reason: string) => this.#send({ lost, reason });
      this.#paging = new Paging({ bytesMax, idleMs, onLost }, { partitions, reader, writer, gate });
      this.#waker = setInterval(() => this.#wake(), Math.max(this.#paging.lookMs, WAKE_MS_MIN));
    }
    return manifest?.lost ?? [];
  }

  #nearest(query: Query): Neighbour[] {
    if (query.deadlineMs !== undefined && Date.now() > query.deadlineMs) throw new Error('the deadline has passed');
    const partition = this.#partitions.partitions.get(query.partition);
    if (!partition) return [];
    if (partition.lost) throw new Error('the partition was lost with its file and is not whole again');
    partition.searchedAtMs = performance.now();
    return this.#gate.run(() => this.#partitions.nearest(query));
  }

  async #nearestLater(query: Query, paging: Paging): Promise<Neighbour[]> {
    // Again, because it may have been closed in between, or have gone and come back.
    for (;;) {
      const partition = this.#partitions.partitions.get(query.partition);
      if (!partition || partition.open) return this.#nearest(query);
      await paging.open(partition);
    }
  }

  /** A throw in here ends the worker: after half a change there is no telling what the graphs hold. */
  async #run(): Promise<void> {
    for (;;) {
      const job = this.#jobs.shift();
      if (job) await this.#perform(job);
      if (job?.request.op === 'close') return this.#end();
      const more = this.#gate.run(() => sliced(() => this.#partitions.step()));
      const closed = (await this.#paging?.relieve()) ?? false;
      if (!more && !closed && this.#jobs.length === 0) break;
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
      case 'rebuilt':
        this.#partitions.found(request.partition);
        return this.#send({ call });
      case 'snapshot':
        return this.#replying(call, async () => {
          await this.#gate.runAsync(async () => this.#writer?.write(this.#position));
          return this.#position;
        });
      case 'clear':
        return this.#replying(call, () => this.#clear());
      case 'close':
        clearInterval(this.#waker);
        await this.#paging?.settled();
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
    for (;;) {
      const more = this.#gate.run(() => sliced(step));
      if (this.#paging) await this.#makeRoom(this.#paging);
      if (!more) return;
      await turn();
    }
  }

  /** Between the slices of a long `apply`, so that neither what waits nor what is open outgrows its bounds. */
  async #makeRoom(paging: Paging): Promise<void> {
    for (;;) {
      const crowded = this.#partitions.waiting.crowded();
      if (!crowded) break;
      // Where the disk fails, the changes go on waiting; when the file is damaged, the owner has been told.
      const opened = await paging.open(crowded).then(
        () => true,
        () => false,
      );
      if (!opened) break;
      await paging.relieve();
    }
    await paging.relieve();
  }

  async #clear(): Promise<void> {
    const forget = () => {
      this.#gate.run(() => this.#partitions.clear());
      this.#position = 0;
    };
    if (this.#writer) await this.#writer.clear(forget);
    else forget();
  }

  /** A failing query or disk fails the call only. */
  #reply(call: number, work: () => unknown): void {
    try {
      this.#send({ call, value: work() });
    } catch (error) {
      this.#send({ call, error: messageOf(error) });
    }
  }

  async #replying(call: number, work: () => Promise<unknown>): Promise<void> {
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
