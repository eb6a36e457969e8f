import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelDir } from '@nearhit/model-minilm';

/** Whole words of letters of the bundled model's own vocabulary (WordPiece, Apache-2.0), in its order: the frequent ones first. */
export function vocabulary() {
  const { model } = JSON.parse(readFileSync(join(modelDir, 'tokenizer.json'), 'utf8'));
  return Object.entries(model.vocab)
    .sort((x, y) => x[1] - y[1])
    .map(([word]) => word)
    .filter((word) => /^[a-z]{2,}$/.test(word));
}
