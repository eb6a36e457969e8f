import { type Caller, createMemoryBatches, createMemoryFiles, type TenantId } from '@nearhit/core';
import { openBatchRoom } from '../src/room.ts';
import type { RunnerDeps } from '../src/run/deps.ts';
import type { Ask, LineCall } from '../src/run/line-reply.ts';
import { BatchRunner } from '../src/run/runner.ts';
import { createSeal } from '../src/seal.ts';

export const callerOf = (tenant: string): Caller => ({ tenant: tenant as TenantId, grants: {} });

export const requestLine = (customId: string, more: object = {}): string =>
  JSON.stringify({
    custom_id: customId,
    method: 'POST',
    url: '/v1/embeddings',
    body: { model: 'm', input: customId, ...more },
  });

export async function until(what: string, check: () => Promise<boolean> | boolean, timeoutMs = 10_000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Files and batches in memory, runners that ask a script: real but for the cache and the provider. */
export class House {
  nowMs = 1_700_000_000_000;
  readonly now = (): number => this.nowMs;
  readonly files = createMemoryFiles();
  readonly batches = createMemoryBatches(() => performance.now());
  readonly seal = createSeal('a secret');
  readonly calls: LineCall[] = [];
  readonly incidents: string[] = [];
  settings = {
    concurrency: 4,
    linesMax: 50_000,
    lineBytesMax: 100_000,
    fileDays: 30,
    fileBytesMax: 1_000_000,
    ownCredentials: true,
  };
  script: Ask = async ({ callId }) => ({ status: 200, body: JSON.stringify({ answered: callId }) });
  readonly room = openBatchRoom({
    ...{ files: this.files, batches: this.batches, seal: this.seal, now: this.now, settings: () => this.settings },
  });
  readonly #runners: BatchRunner[] = [];

  runner(more: Partial<RunnerDeps> = {}): BatchRunner {
    const ask: Ask = (call) => {
      this.calls.push(call);
      return this.script(call);
    };
    const runner = new BatchRunner({
      ...{ files: this.files, batches: this.batches, seal: this.seal, now: this.now },
      asks: { '/v1/embeddings': ask },
      settings: () => this.settings,
      queue: { flush: async () => {} },
      observer: { incident: (name) => void this.incidents.push(name) },
      ...{ policies: undefined as never, embedder: undefined as never, pollMs: 10 },
      ...more,
    });
    this.#runners.push(runner);
    runner.start();
    return runner;
  }

  async begin(caller: Caller, lines: readonly string[]) {
    const draft = await this.room.files.upload(caller);
    await draft.append(Buffer.from(lines.join('\n')));
    const { id } = await draft.finish({ filename: 'in.jsonl' });
    return this.room.batches.create(caller, { endpoint: '/v1/embeddings', inputFileId: id, completionWindow: '24h' });
  }

  async ended(id: string) {
    const ends = ['completed', 'failed', 'expired', 'cancelled'];
    await until(`${id} has ended`, async () => ends.includes((await this.batches.get(id))?.status ?? ''));
    return (await this.batches.get(id)) as NonNullable<Awaited<ReturnType<typeof this.batches.get>>>;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  async linesOf(id: string | undefined): Promise<any[]> {
    if (id === undefined) return [];
    let text = '';
    for await (const piece of this.files.read(id)) text += piece;
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  async close(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.close()));
  }
}
