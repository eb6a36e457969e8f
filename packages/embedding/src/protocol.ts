import type { EmbeddingModel, TextPair } from '@nearhit/core';
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
  network?: NetworkSettings;
}

/** A network that reads the states of two texts together. */
export interface NetworkSettings {
  readonly file: string;
  readonly version: string;
  /** Longest text that it reads, special tokens included. */
  readonly tokensMax: number;
  /** The model's tensor that it begins from. */
  readonly states: string;
}

export type ToWorker =
  | { kind: 'embed'; id: number; texts: string[] }
  | { kind: 'score'; id: number; pairs: TextPair[] }
  | { kind: 'close' };

/** `vector`: [dimensions] float32, handed over, not copied. */
export interface RawEmbedding {
  vector: ArrayBuffer;
  tokens: number;
  truncated: boolean;
}

export type FromWorker =
  /** `msPerToken`: from the warm-up runs, a first guess for the queue. */
  | {
      kind: 'ready';
      model: EmbeddingModel;
      msPerToken: number;
      /** Version of the network, or why it could not be loaded; absent where none was asked for. */
      network?: { version: string } | { fault: string };
    }
  | { kind: 'failed'; message: string }
  | { kind: 'embedded'; id: number; results: RawEmbedding[] }
  | { kind: 'scored'; id: number; logits: (number | undefined)[] }
  | { kind: 'refused'; id: number; message: string };
