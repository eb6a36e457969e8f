import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchRecord, Caller } from '@nearhit/core';
import { callIdOf } from '../ids.ts';
import { linesOf } from '../input/lines.ts';
import { isFault, type RequestLine, readRequestLine } from '../input/request-line.ts';
import { Checkpoint } from './checkpoint.ts';
import type { RunnerDeps } from './deps.ts';
import type { FairSlots } from './fair-slots.ts';
import { type Group, groupsOf } from './groups.ts';
import { LineQueue } from './line-queue.ts';
import { Aborted, type Ask, type LineReply } from './line-reply.ts';
import type { Pace } from './pace.ts';
import { resultOf, type Tally } from './result.ts';

/** A piece of the file whose lines are compared with each other before they are asked. */
const PIECE_LINES = 1000;
const PIECE_BYTES = 8_388_608;
const FLUSH_TIMEOUT_MS = 30_000;
/** More lines than this do not wait for another try: the provider is away, and the file is not read on meanwhile. */
const WAITING_MAX = 1000;
/** When those who ask first keep failing, the others of their groups no longer wait for one another. */
const ROUNDS_MAX = 4;
const RESULTS_PER_READ = 256;
/** The clock is looked at so often while lines wait for another try. */
const LOOK_MS = 1000;

export interface LinesDeps extends RunnerDeps {
  readonly slots: FairSlots;
  readonly pace: Pace;
}

/** Asks the lines of one batch that have no result yet, and stores what comes back. */
export class BatchLines {
  readonly #batch: BatchRecord;
  readonly #caller: Caller;
  readonly #ask: Ask;
  readonly #deps: LinesDeps;
  readonly #tally: Tally;
  readonly #checkpoint: Checkpoint;
  readonly #later = new LineQueue();
  readonly #answered = new Set<number>();
  readonly #ok = new Set<number>();
  /** Of the piece at hand. */
  readonly #triedNow = new Set<number>();
  /** No line begins any more. */
  readonly #stop: AbortSignal;
  /** Nobody waits for those at work either. */
  readonly #abort: AbortSignal;

  constructor(
    batch: BatchRecord,
    caller: Caller,
    ask: Ask,
    deps: LinesDeps,
    run: { readonly tally: Tally; readonly stop: AbortSignal; readonly abort: AbortSignal },
  ) {
    this.#batch = batch;
    this.#caller = caller;
    this.#ask = ask;
    this.#deps = deps;
    this.#tally = run.tally;
    this.#stop = run.stop;
    this.#abort = run.abort;
    this.#checkpoint = new Checkpoint(deps.batches, batch.id);
  }

  /** Resolves when every line has a result, or the run is to stop; what there is by then is durable. */
  async run(): Promise<void> {
    try {
      await this.#loadAnswered();
      let isFirst = true;
      for await (const piece of this.#pieces()) {
        if (!isFirst) await this.#settleWrites();
        isFirst = false;
        await this.#askPiece(piece);
        while (this.#later.waiting > WAITING_MAX && !this.#stop.aborted) await this.#askDue();
        if (this.#stop.aborted) break;
      }
      while (this.#later.waiting > 0 && !this.#stop.aborted) await this.#askDue();
    } finally {
      await this.#checkpoint.flush();
    }
  }

  /** Gives every line without a result the one that `resultFor` says. */
  async fill(resultFor: (line: RequestLine) => ReturnType<typeof resultOf>): Promise<void> {
    await this.#loadAnswered();
    for await (const piece of this.#pieces()) {
      for (const line of piece) {
        const result = resultFor(line);
        this.#tally.add(result);
        await this.#checkpoint.add(result);
      }
    }
    await this.#checkpoint.flush();
  }

  async #loadAnswered(): Promise<void> {
    const { id, lastLine = 0 } = this.#batch;
    for (let from = 1; from <= lastLine; from += RESULTS_PER_READ) {
      for (const result of await this.#deps.batches.results(id, from, from + RESULTS_PER_READ - 1)) {
        if (this.#answered.has(result.line)) continue;
        this.#answered.add(result.line);
        this.#tally.add(result);
      }
    }
  }

  async *#pieces(): AsyncGenerator<RequestLine[]> {
    const { inputFileId, endpoint } = this.#batch;
    const { lineBytesMax } = this.#deps.settings();
    let piece: RequestLine[] = [];
    let bytes = 0;
    for await (const raw of linesOf(this.#deps.files.read(inputFileId), lineBytesMax)) {
      if (this.#answered.has(raw.number)) continue;
      const line = readRequestLine(raw, endpoint, lineBytesMax);
      // The file has been checked: only a bound that was lowered since makes a fault of a line.
      if (isFault(line)) continue;
      piece.push(line);
      bytes += line.body.length;
      if (piece.length < PIECE_LINES && bytes < PIECE_BYTES) continue;
      yield piece;
      piece = [];
      bytes = 0;
    }
    if (piece.length > 0) yield piece;
  }

  /** Round by round: first one line of each group, then, where it was answered, all others, which find its answer. */
  async #askPiece(piece: readonly RequestLine[]): Promise<void> {
    let groups: Group[] = this.#isCached
      ? await groupsOf(piece, this.#caller, this.#batch.headers, { ...this.#deps, chatOf: this.#chatOf })
      : piece.map((line) => [line]);
    for (let round = 1; groups.length > 0 && !this.#stop.aborted; round++) {
      const untried = groups.map((group) => ({
        lines: this.#untried(group),
        isOpen: round === ROUNDS_MAX || this.#isLed(group),
      }));
      await this.#askAll(untried.flatMap(({ lines, isOpen }) => (isOpen ? lines : lines.slice(0, 1))));
      groups = groups.filter((group) => this.#untried(group).length > 0);
      if (groups.length > 0) await this.#settleWrites();
    }
    await this.#askAll(this.#later.due(this.#deps.now()));
    this.#triedNow.clear();
  }

  #untried(group: Group): RequestLine[] {
    return group.filter(({ number }) => !this.#triedNow.has(number));
  }

  #isLed(group: Group): boolean {
    return group.some(({ number }) => this.#ok.has(number));
  }

  /** What a line asks, as it is looked up. */
  get #chatOf(): ((body: Buffer) => Buffer) | undefined {
    const dialect = this.#deps.dialects?.[this.#batch.endpoint];
    return dialect === undefined ? undefined : (body) => dialect.read(body).body;
  }

  get #isCached(): boolean {
    return !this.#batch.endpoint.endsWith('/embeddings');
  }

  /** What has been answered is to be found by those who ask the same. When that takes too long they ask all the same. */
  async #settleWrites(): Promise<void> {
    if (!this.#isCached) return;
    await this.#deps.queue
      .flush({ timeoutMs: FLUSH_TIMEOUT_MS })
      .catch((error: unknown) => this.#deps.observer.incident('batch-flush-failed', error));
  }

  async #askDue(): Promise<void> {
    const dueMs = this.#later.nextDueMs();
    const waitMs = Math.max(0, (dueMs ?? 0) - this.#deps.now());
    await sleep(Math.min(waitMs, this.#deps.pollMs ?? LOOK_MS), undefined, { signal: this.#stop }).catch(
      () => undefined,
    );
    await this.#askAll(this.#later.due(this.#deps.now()));
  }

  async #askAll(lines: readonly RequestLine[]): Promise<void> {
    const { concurrency } = this.#deps.settings();
    const atOnce = Math.min(this.#batch.concurrency ?? concurrency, concurrency, lines.length);
    let next = 0;
    const work = async () => {
      try {
        while (next < lines.length && !this.#stop.aborted) await this.#askOne(lines[next++] as RequestLine);
      } catch (error) {
        // The others begin no more either, and are waited for.
        next = lines.length;
        throw error;
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: atOnce }, work));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }

  async #askOne(line: RequestLine): Promise<void> {
    const free = await this.#deps.slots.acquire(this.#batch.tenant, this.#stop);
    if (free === undefined) return;
    this.#triedNow.add(line.number);
    let reply: LineReply;
    try {
      reply = await this.#ask({
        ...{ callId: callIdOf(this.#batch.id, line.number), body: line.body, model: line.model },
        ...{ caller: this.#caller, headers: this.#batch.headers, signal: this.#abort },
      });
    } catch (error) {
      if (error instanceof Aborted) return;
      throw error;
    } finally {
      free();
    }
    await this.#take(line, reply);
  }

  async #take(line: RequestLine, reply: LineReply): Promise<void> {
    const { pace, now } = this.#deps;
    if (reply.retry === undefined) pace.good();
    else if (!reply.retry.held) pace.busy();
    const { retry } = reply;
    if (retry !== undefined && this.#later.putOff(line, retry, now(), this.#batch.expiresAtMs)) return;
    const result = resultOf(this.#batch.id, line, reply);
    if (result.ok) this.#ok.add(line.number);
    this.#tally.add(result);
    await this.#checkpoint.add(result);
  }
}
