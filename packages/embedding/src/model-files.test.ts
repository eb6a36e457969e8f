import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Embedder } from '@nearhit/core';
import { modelDir as bundledDir } from '@nearhit/model-minilm';
import { embeddingModelFrom } from './model-source.ts';
import { type EmbedderOptions, openEmbedder } from './open-embedder.ts';

let dir: string;
let embedders: Embedder[];
let server: Server | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-embedding-'));
  cpSync(bundledDir, join(dir, 'model'), { recursive: true });
  embedders = [];
});
afterEach(async () => {
  await Promise.all(embedders.map((embedder) => embedder.close()));
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  rmSync(dir, { recursive: true });
});

async function open(options: EmbedderOptions): Promise<Embedder> {
  const embedder = await openEmbedder(options);
  embedders.push(embedder);
  return embedder;
}
const failure = (options: EmbedderOptions) =>
  open(options).then(
    () => 'opened',
    (error: Error) => error.message,
  );
const vectorOf = async (embedder: Embedder) => (await embedder.embed(['How do I reset my password?']))[0]?.vector;

describe('a model folder', () => {
  test('gives the bundled vectors from any place, under its own name', async () => {
    const bundled = await open({});
    const copied = await open({ modelDir: relative(process.cwd(), join(dir, 'model')) });
    expect(bundled.model).toMatchObject({ id: 'all-MiniLM-L6-v2', dimensions: 384, tokensMax: 256 });
    expect(bundled.model.version).toMatch(/^all-MiniLM-L6-v2-int8-[0-9a-f]{12}-mean-256$/);
    expect(copied.model.id).toBe('model');
    expect(copied.model.version).toBe(bundled.model.version.replace('all-MiniLM-L6-v2', 'model'));
    expect(await vectorOf(copied)).toEqual(await vectorOf(bundled));
  });

  test('says how it pools and how much it reads; whatever changes a vector changes the version', async () => {
    const modelDir = join(dir, 'model');
    const before = await open({ modelDir });
    writeFileSync(join(modelDir, '1_Pooling/config.json'), '{"pooling_mode_cls_token": true}');
    rmSync(join(modelDir, 'sentence_bert_config.json'));
    const after = await open({ modelDir });
    expect(after.model.tokensMax).toBe(512);
    expect(after.model.version).toBe(before.model.version.replace('mean-256', 'cls-512'));
    expect(await vectorOf(after)).not.toEqual(await vectorOf(before));
    const long = await after.embed(['word '.repeat(1000)]);
    expect(long[0]).toMatchObject({ tokens: 512, truncated: true });
  });

  test('that lacks files is refused with all their names in one line', async () => {
    const modelDir = join(dir, 'model');
    rmSync(join(modelDir, 'tokenizer.json'));
    rmSync(join(modelDir, 'onnx'), { recursive: true });
    expect(await failure({ modelDir })).toBe(
      `embedding model folder ${modelDir} lacks tokenizer.json, onnx/model.onnx (or another model_*.onnx)`,
    );
    expect(await failure({ modelDir, dtype: 'fp32' })).toBe(
      `embedding model folder ${modelDir} lacks tokenizer.json, onnx/model.onnx`,
    );
    expect(await failure({ modelDir: join(dir, 'none') })).toBe(
      `embedding model folder ${join(dir, 'none')} does not exist`,
    );
  });

  test.each([
    ['onnx/model_int8.onnx', 'not a model', /^cannot load embedding model \S+model_int8\.onnx: .+$/],
    ['tokenizer.json', '{', /^cannot load the tokenizer of embedding model \S+: .+$/],
    ['tokenizer.json', '{}', /^cannot load the tokenizer of embedding model \S+: .+$/],
    ['sentence_bert_config.json', '{', /^embedding model file \S+sentence_bert_config\.json is not JSON$/],
    ['1_Pooling/config.json', '{"pooling_mode_max_tokens":true}', /wants pooling_mode_max_tokens; supported: .+$/],
  ])('with a broken %s (%s) is refused in one line', async (file, content, expected) => {
    writeFileSync(join(dir, 'model', file), content);
    expect(await failure({ modelDir: join(dir, 'model'), threads: 2 })).toMatch(expected);
  });
});

describe('a Hugging Face id', () => {
  async function hub(): Promise<{ hubEndpoint: string; paths: string[] }> {
    const paths: string[] = [];
    const hubServer = createServer((request, response) => {
      const path = request.url ?? '';
      paths.push(path);
      const [, file] = /^\/someone\/mini\/resolve\/main\/([\w./]+)$/.exec(path) ?? [];
      try {
        response.end(readFileSync(join(bundledDir, file ?? 'none')));
      } catch {
        response.writeHead(404).end();
      }
    });
    server = hubServer;
    await new Promise<void>((resolve) => hubServer.listen(0, '127.0.0.1', resolve));
    return { hubEndpoint: `http://127.0.0.1:${(hubServer.address() as AddressInfo).port}`, paths };
  }

  test('is downloaded once, and needs the network no more', async () => {
    const { hubEndpoint, paths } = await hub();
    const options: EmbedderOptions = {
      modelId: 'someone/mini',
      cacheDir: join(dir, 'cache'),
      dtype: 'int8',
      hubEndpoint,
    };
    const first = await open(options);
    expect(first.model).toMatchObject({ id: 'someone/mini', tokensMax: 256, dimensions: 384 });
    expect(first.model.version).toMatch(/^mini-int8-[0-9a-f]{12}-mean-256$/);
    expect(await vectorOf(first)).toEqual(await vectorOf(await open({})));
    const requests = paths.length;
    expect(requests).toBeGreaterThan(0);
    const again = await open({ ...options, threads: 2 });
    expect(again.model).toEqual(first.model);
    expect(paths).toHaveLength(requests);
  });

  test('that is not there is refused in one line', async () => {
    const { hubEndpoint } = await hub();
    const message = await failure({ modelId: 'no/such', cacheDir: join(dir, 'cache'), hubEndpoint });
    expect(message).toMatch(/^cannot download embedding model no\/such \(onnx\/model\.onnx\) from http:\S+: .+$/);
  });

  test('a hub that can not be reached is named', async () => {
    const message = await failure({ modelId: 'a/b', cacheDir: join(dir, 'cache'), hubEndpoint: 'http://127.0.0.1:1' });
    expect(message).toMatch(/^cannot download embedding model a\/b .+ from http:\/\/127\.0\.0\.1:1\/: .+$/);
  });
});

test('EMBEDDING_MODEL: nothing, a folder, an id, or a clear refusal', () => {
  expect(embeddingModelFrom(undefined)).toEqual({});
  expect(embeddingModelFrom('')).toEqual({});
  expect(embeddingModelFrom('all-MiniLM-L6-v2')).toEqual({});
  expect(embeddingModelFrom(dir)).toEqual({ modelDir: dir });
  expect(embeddingModelFrom('./models/none')).toEqual({ modelDir: './models/none' });
  expect(embeddingModelFrom('BAAI/bge-small-en-v1.5')).toEqual({ modelId: 'BAAI/bge-small-en-v1.5' });
  expect(() => embeddingModelFrom('a b')).toThrow('EMBEDDING_MODEL "a b" is neither');
  expect(() => embeddingModelFrom('a/b/c')).toThrow('neither an existing folder nor a Hugging Face id');
});
