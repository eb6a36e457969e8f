import type { EmbeddingModel } from '@nearhit/core';
import type { ExitGate } from './exit-gate.ts';
import type { FolderOptions } from './model-folder.ts';

/** What the worker thread is started with. */
export interface WorkerData {
  settings: WorkerSettings;
  gate: ExitGate;
}

/** Which model, and how it is to be read. */
export interface WorkerSettings extends FolderOptions {
  /** The name clients ask for. */
  modelId: string;
  /** The model folder; with `hub`, where the download of that id ends up. */
  modelDir: string;
  hub?: { id: string; cacheDir: string; endpoint: string };
}

export type ToWorker = { kind: 'embed'; id: number; texts: string[] } | { kind: 'close' };

/** `vector`: [dimensions] float32, handed over, not copied. */
export interface RawEmbedding {
  vector: ArrayBuffer;
  tokens: number;
  truncated: boolean;
}

export type FromWorker =
  /** `msPerToken`: from the warm-up runs, a first guess for the queue. */
  | { kind: 'ready'; model: EmbeddingModel; msPerToken: number }
  | { kind: 'failed'; message: string }
  | { kind: 'embedded'; id: number; results: RawEmbedding[] }
  | { kind: 'refused'; id: number; message: string };
