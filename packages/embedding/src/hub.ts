import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AutoModel, AutoTokenizer, env } from '@xenova/transformers';
import { firstLine } from './fault.ts';
import { ONNX_FILES } from './model-folder.ts';
import type { WorkerSettings } from './protocol.ts';
import { SESSION_OPTIONS } from './session-options.ts';

/** Written last: a folder that has it needs the network no more. */
const COMPLETE = '.nearhit-complete';
/** Not loaded by transformers.js, yet they say how the vectors are made. */
const SIDE_FILES = ['sentence_bert_config.json', '1_Pooling/config.json'];

/**
 * Has transformers.js put a Hugging Face model under `cacheDir/<owner>/<name>`, which then is a model folder like any other.
 * Without `dtype` the float32 file is fetched. HF_TOKEN opens private models. Throws one line that names id and endpoint.
 */
export async function download(settings: WorkerSettings): Promise<void> {
  const { hub, modelDir, dtype = 'fp32' } = settings;
  if (!hub || existsSync(join(modelDir, COMPLETE))) return;
  env.cacheDir = hub.cacheDir;
  env.remoteHost = hub.endpoint;
  env.allowLocalModels = false;
  try {
    await AutoTokenizer.from_pretrained(hub.id);
    const model = await AutoModel.from_pretrained(hub.id, { dtype, device: 'cpu', session_options: SESSION_OPTIONS });
    await model.dispose();
    for (const file of SIDE_FILES)
      await downloadIfPresent(`${hub.endpoint}${hub.id}/resolve/main/${file}`, join(modelDir, file));
    await writeFile(join(modelDir, COMPLETE), '');
  } catch (cause) {
    throw new Error(
      `cannot download embedding model ${hub.id} (onnx/${ONNX_FILES[dtype]}) from ${hub.endpoint}: ${firstLine(cause)}`,
      { cause },
    );
  }
}

async function downloadIfPresent(url: string, path: string): Promise<void> {
  const token = process.env.HF_TOKEN;
  const response = await fetch(url, token ? { headers: { authorization: `Bearer ${token}` } } : {});
  if (response.status === 404) return;
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, await response.text());
  await rename(`${path}.part`, path);
}
