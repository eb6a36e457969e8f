/** The thread that owns the model. Nothing else imports onnxruntime or transformers.js, whose `run()` blocks the event loop it is called on. */
import { parentPort, workerData } from 'node:worker_threads';
import { throughGate } from './exit-gate.ts';
import { type ModelFolder, modelVersion, readModelFolder } from './model-folder.ts';
import type { PairModel } from './pair-model.ts';
import type { FromWorker, RawEmbedding, ToWorker, WorkerData } from './protocol.ts';
import type { TextModel } from './text-model.ts';

if (!parentPort) throw new Error('worker.js runs in a worker thread only');
const port = parentPort;
const { settings, gate } = workerData as WorkerData;
const send = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const WARM_UP = 'How do I reset the password of my account, and how long does that take?';

type Ready = Extract<FromWorker, { kind: 'ready' }>;
type Model = TextModel & Partial<Pick<PairModel, 'score'>>;

/** What can't be read of the network is no reason not to embed. */
async function load(folder: ModelFolder): Promise<{ model: Model } & Pick<Ready, 'network'>> {
  const { network } = settings;
  if (network === undefined) return { model: await loadWhole(folder) };
  try {
    // Outside of the gate: an import goes on only while the main thread does.
    const { loadPairModel } = await import('./pair-model.ts');
    const model = await throughGate(gate, () => loadPairModel(folder, network));
    return { model, network: { version: network.version } };
  } catch (error) {
    return { model: await loadWhole(folder), network: { fault: messageOf(error) } };
  }
}

async function loadWhole(folder: ModelFolder): Promise<TextModel> {
  const { loadTextModel } = await import('./text-model.ts');
  return throughGate(gate, () => loadTextModel(folder));
}

async function open(): Promise<{ model: Model; ready: Ready }> {
  if (settings.hub) await (await import('./hub.ts')).download(settings);
  const folder = readModelFolder(settings.modelDir, settings);
  const { model, network } = await load(folder);
  await throughGate(gate, () => model.embed(WARM_UP));
  const started = performance.now();
  const { vector, tokens } = await throughGate(gate, () => model.embed(WARM_UP));
  const msPerToken = (performance.now() - started) / tokens;
  const dimensions = new Float32Array(vector).length;
  const version = modelVersion(folder, settings.modelId);
  const facts = { id: settings.modelId, version, dimensions, tokensMax: folder.tokensMax };
  return { model, ready: { kind: 'ready', model: facts, msPerToken, ...(network && { network }) } };
}

async function embed(model: TextModel, id: number, texts: string[]): Promise<void> {
  try {
    const results: RawEmbedding[] = [];
    for (const text of texts) results.push(await throughGate(gate, () => model.embed(text)));
    send(
      { kind: 'embedded', id, results },
      results.map((result) => result.vector),
    );
  } catch (error) {
    send({ kind: 'refused', id, message: messageOf(error) });
  }
}

async function score({ score }: Model, { id, pairs }: Extract<ToWorker, { kind: 'score' }>): Promise<void> {
  try {
    if (score === undefined) throw new Error('there is no network');
    const logits: (number | undefined)[] = [];
    for (const { a, b } of pairs) logits.push(await throughGate(gate, () => score(a, b)));
    send({ kind: 'scored', id, logits });
  } catch (error) {
    send({ kind: 'refused', id, message: messageOf(error) });
  }
}

try {
  const { model, ready } = await open();
  let last = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    last = last.then(async () => {
      if (message.kind === 'embed') return embed(model, message.id, message.texts);
      if (message.kind === 'score') return score(model, message);
      await model.dispose();
      port.close();
    });
  });
  send(ready);
} catch (error) {
  send({ kind: 'failed', message: messageOf(error) });
  port.close();
}
