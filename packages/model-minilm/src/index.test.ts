import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { modelDir, modelFacts } from './index.ts';

const json = (file: string) => JSON.parse(readFileSync(join(modelDir, file), 'utf8'));

describe('the bundled model', () => {
  test('holds exactly the files of SHA256SUMS, unchanged', () => {
    const sums = readFileSync(join(modelDir, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
    const named = sums.map((line) => line.slice(66));
    const present = readdirSync(modelDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'SHA256SUMS')
      .map((entry) => join(entry.path, entry.name).slice(modelDir.length + 1));
    expect(present.sort()).toEqual([...named].sort());
    const actual = named.map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(modelDir, file)))
          .digest('hex')}  ${file}`,
    );
    expect(actual).toEqual(sums);
  });

  test('says of itself what modelFacts says', () => {
    expect(isAbsolute(modelDir)).toBe(true);
    expect(json('config.json').hidden_size).toBe(modelFacts.dimensions);
    expect(json('sentence_bert_config.json').max_seq_length).toBe(modelFacts.tokensMax);
    expect(json('1_Pooling/config.json').pooling_mode_mean_tokens).toBe(true);
    expect(readdirSync(join(modelDir, 'onnx'))).toEqual([`model_${modelFacts.dtype}.onnx`]);
  });
});
