import { AutoModel, AutoTokenizer, env, LogLevel, Tensor } from '@xenova/transformers';
import { firstLine } from './fault.ts';
import type { ModelFolder } from './model-folder.ts';
import { vectorOf } from './pooling.ts';
import type { RawEmbedding } from './protocol.ts';
import { SESSION_OPTIONS } from './session-options.ts';
import { cutter } from './tokens.ts';

env.logLevel = LogLevel.ERROR;
env.useWasmCache = false;

/** Tokenizer and network of one model folder. Blocks the thread it runs on. */
export interface TextModel {
  embed(text: string): Promise<RawEmbedding>;
  dispose(): Promise<void>;
}

/** Reads from disk only. Throws one line that names the folder when onnxruntime or the tokenizer refuses a file. */
export async function loadTextModel(folder: ModelFolder): Promise<TextModel> {
  const tokenizer = await openTokenizer(folder);
  const model = await AutoModel.from_pretrained(folder.dir, {
    local_files_only: true,
    device: 'cpu',
    dtype: folder.dtype,
    session_options: SESSION_OPTIONS,
  }).catch((cause: unknown) => {
    throw new Error(`cannot load embedding model ${folder.onnxFile}: ${firstLine(cause)}`, { cause });
  });
  const cut = cutter(tokenizer.encode(''), folder.tokensMax);

  return {
    async embed(text) {
      const { ids, truncated } = cut(tokenizer.encode(text));
      const output = await model({
        input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
        attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
      });
      return {
        vector: vectorOf(output.last_hidden_state ?? output.token_embeddings, folder),
        tokens: ids.length,
        truncated,
      };
    },
    async dispose() {
      await model.dispose();
    },
  };
}

async function openTokenizer(folder: ModelFolder) {
  env.allowLocalModels = true;
  env.allowRemoteModels = false;
  env.useFSCache = false;
  return AutoTokenizer.from_pretrained(folder.dir, { local_files_only: true }).catch((cause: unknown) => {
    throw new Error(`cannot load the tokenizer of embedding model ${folder.dir}: ${firstLine(cause)}`, { cause });
  });
}
