import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { modelDir as bundledDir, modelId as bundledId, statesTensor } from '@nearhit/model-minilm';
import type { FolderOptions } from './model-folder.ts';
import type { NetworkSettings, WorkerSettings } from './protocol.ts';

export interface ModelSource extends FolderOptions {
  /** A model folder. Neither this nor a hub id: the bundled all-MiniLM-L6-v2. */
  modelDir?: string | undefined;
  /** With `modelDir`: the name clients ask for (default: the folder's name). Alone: a Hugging Face id, `owner/name`. */
  modelId?: string | undefined;
  /** Where downloads go. Default: `~/.cache/nearhit/models`. */
  cacheDir?: string | undefined;
  /** The hub or a mirror of it. Default: HF_ENDPOINT, else https://huggingface.co/. */
  hubEndpoint?: string | undefined;
  /** A network that reads the bundled model's states of two texts together; with another model it is left out. */
  network?: Omit<NetworkSettings, 'states'> | undefined;
}

const HUB_ID = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/**
 * What EMBEDDING_MODEL means: unset or empty, the bundled model; an existing folder or anything that looks like a path, that folder;
 * `owner/name`, a Hugging Face id. Throws an Error of one line for anything else.
 */
export function embeddingModelFrom(setting: string | undefined): { modelDir?: string; modelId?: string } {
  if (!setting || setting === bundledId || setting === `sentence-transformers/${bundledId}`) return {};
  const isFolder = existsSync(setting) && statSync(setting).isDirectory();
  if (isFolder || /^([./\\~]|[A-Za-z]:[\\/])/.test(setting)) return { modelDir: setting };
  if (HUB_ID.test(setting)) return { modelId: setting };
  throw new Error(`EMBEDDING_MODEL "${setting}" is neither an existing folder nor a Hugging Face id (owner/name)`);
}

export function workerSettings(source: ModelSource): WorkerSettings {
  const { dtype, pooling, tokensMax, network } = source;
  const options = { dtype, pooling, tokensMax };
  if (source.modelDir !== undefined) {
    const modelDir = resolve(source.modelDir.replace(/^~(?=$|\/)/, homedir()));
    return { ...options, modelDir, modelId: source.modelId ?? basename(modelDir) };
  }
  if (source.modelId === undefined || source.modelId === bundledId)
    return {
      ...options,
      modelDir: bundledDir,
      modelId: bundledId,
      ...(network && { network: { ...network, states: statesTensor } }),
    };
  if (!HUB_ID.test(source.modelId)) throw new Error(`"${source.modelId}" is not a Hugging Face id (owner/name)`);
  const cacheDir = resolve(source.cacheDir ?? join(homedir(), '.cache', 'nearhit', 'models'));
  const endpoint = (source.hubEndpoint ?? process.env.HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/*$/, '/');
  const hub = { id: source.modelId, cacheDir, endpoint };
  return { ...options, hub, modelDir: join(cacheDir, source.modelId), modelId: source.modelId };
}
