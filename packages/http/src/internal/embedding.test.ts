import { afterEach, describe, expect, test } from '@jest/globals';
import { type EmbeddingModel, NearhitError } from '@nearhit/core';
import { closeServices, INTERNAL_TOKEN, keepOpen, startEmbedding, until, watcher } from '../../test/internal.ts';
import { WordEmbedder } from '../../test/word-embedder.ts';
import { createEmbeddingClient, type EmbeddingClientOptions } from './embedding-client.ts';

const observer = watcher();
const token = INTERNAL_TOKEN;

afterEach(closeServices);

function connect(urls: readonly string[], options: Partial<EmbeddingClientOptions> = {}) {
  return keepOpen(createEmbeddingClient({ urls, token, observer, probeMs: 10, ...options }));
}

const kindOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof NearhitError ? error.kind : String(error)),
  );

describe('createEmbeddingClient', () => {
  test('stands before its service does, and knows the model once that is there', async () => {
    const models: EmbeddingModel[] = [];
    const { port, close } = await startEmbedding({ embedder: new WordEmbedder() });
    await close();
    const client = connect([`http://127.0.0.1:${port}`], { onModel: (model) => models.push(model) });
    expect(client.model).toEqual({ id: '', version: '', dimensions: 0, tokensMax: 0 });
    expect(await kindOf(client.embed(['too early']))).toBe('EMBEDDER_BUSY');
    const ready = client.ready();
    const embedder = new WordEmbedder();
    await startEmbedding({ embedder }, { port });
    await ready;
    expect(client.model).toEqual(embedder.model);
    expect(models).toEqual([embedder.model]);
    expect(await kindOf(client.embed(['now']))).toBe('answered');
  });

  test('while the model is waited for, an incident says why', async () => {
    const { url } = await startEmbedding({ embedder: new WordEmbedder() });
    const { incidents, incident } = watcher();
    const client = connect([url], { token: 'another', observer: { incident } });
    const ready = kindOf(client.ready());
    await until('it is told', () => incidents.length > 0);
    expect(incidents[0]).toEqual(['embedding-awaited', expect.stringContaining('it refuses the internal token')]);
    await client.close();
    expect(await ready).toBe('SHUTTING_DOWN');
  });

  test('rejects who waits for the model when it is closed', async () => {
    const client = connect(['http://127.0.0.1:1']);
    const ready = kindOf(client.ready());
    await client.close();
    expect(await ready).toBe('SHUTTING_DOWN');
    expect(await kindOf(client.ready())).toBe('SHUTTING_DOWN');
  });

  test('many texts come back in order, in requests that others get between', async () => {
    const embedder = new WordEmbedder();
    const client = connect([(await startEmbedding({ embedder })).url]);
    const texts = Array.from({ length: 300 }, (_, i) => `word${i}`);
    const embeddings = await client.embed(texts);
    const direct = await new WordEmbedder().embed(texts);
    expect(embeddings).toEqual(direct);
    expect(Math.max(...embedder.calls.map((call) => call.length))).toBeLessThanOrEqual(32);
  });

  test('a service that can not keep up is EMBEDDER_BUSY, and stays in rotation', async () => {
    const embedder = new WordEmbedder();
    const busy = {
      model: embedder.model,
      embed: async () => {
        throw new NearhitError('EMBEDDER_BUSY', 'The queue is full.');
      },
    };
    const { url } = await startEmbedding({ embedder: busy });
    const client = connect([url]);
    await client.ready();
    for (let i = 0; i < 10; i++) {
      await expect(client.embed(['a'])).rejects.toMatchObject({ kind: 'EMBEDDER_BUSY', message: 'The queue is full.' });
    }
    expect(client.replicas()).toMatchObject([{ live: true }]);
    await startEmbedding({ embedder });
  });

  test('the deadline travels as time left, shorter than what the caller waits', async () => {
    const embedder = new WordEmbedder();
    const leftMs: (number | undefined)[] = [];
    const spy = {
      model: embedder.model,
      embed: (texts: readonly string[], options?: { deadlineMs?: number }) => {
        leftMs.push(options?.deadlineMs === undefined ? undefined : options.deadlineMs - Date.now());
        return embedder.embed(texts);
      },
    };
    const client = connect([(await startEmbedding({ embedder: spy })).url]);
    await client.ready();
    const deadlineMs = Date.now() + 5_000;
    await client.embed(['a'], { deadlineMs });
    await client.embed(['a']);
    expect(leftMs).toHaveLength(2);
    expect(leftMs[0]).toBeGreaterThan(0);
    expect(leftMs[0]).toBeLessThanOrEqual(5_000);
    expect(leftMs[1]).toBeUndefined();
  });

  test('a wrong token keeps the replica out and says so in the detail alone', async () => {
    const { url } = await startEmbedding({ embedder: new WordEmbedder() });
    const client = connect([url], { token: 'guessed' });
    const error = await client.embed(['a']).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'EMBEDDER_BUSY', detail: expect.stringMatching(/refuses the internal token/) });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('guessed');
  });
});

describe('the model version', () => {
  const answered = (embedder: WordEmbedder): number => embedder.calls.length;

  test('is pinned: replicas of another version are not asked while one of the pinned is left, then they are', async () => {
    const [old, next] = [new WordEmbedder('v1'), new WordEmbedder('v2')];
    const first = await startEmbedding({ embedder: old });
    const models: string[] = [];
    const second = await startEmbedding({ embedder: next });
    second.readiness = { ready: false, degraded: [] };
    const client = connect([first.url, second.url], { onModel: ({ version }) => models.push(version) });
    await client.ready();
    second.readiness = { ready: true, degraded: [] };
    await until('both are live', () => client.replicas().filter(({ live }) => live).length === 2);
    for (let i = 0; i < 20; i++) await client.embed([`text ${i}`]);
    expect([answered(old), answered(next), client.model.version]).toEqual([20, 0, 'v1']);
    await first.close();
    await until('the other version took its place', () => client.model.version === 'v2');
    await client.embed(['after']);
    expect([answered(old), answered(next)]).toEqual([20, 1]);
    expect(models).toEqual(['v1', 'v2']);
  });

  test('an answer of another version than the pinned is never used, even of a replica thought to be of it', async () => {
    let current = new WordEmbedder('v1');
    const changing = {
      get model() {
        return current.model;
      },
      embed: (texts: readonly string[]) => current.embed(texts),
    };
    const client = connect([(await startEmbedding({ embedder: changing })).url], { probeMs: 50 });
    await client.ready();
    await client.embed(['before']);
    current = new WordEmbedder('v2');
    expect(await kindOf(client.embed(['between']))).toBe('EMBEDDER_BUSY');
    await until('the new version is known', () => client.model.version === 'v2');
    expect(await kindOf(client.embed(['after']))).toBe('answered');
  });
});
