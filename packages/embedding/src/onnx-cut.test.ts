import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { modelDir, statesTensor } from '@nearhit/model-minilm';
import fc from 'fast-check';
import { cutModel, type ModelPart } from './onnx-cut.ts';

const cut = (model: Uint8Array, part: ModelPart): Buffer => Buffer.concat(cutModel(model, part));
const whole = readFileSync(join(modelDir, 'onnx/model_int8.onnx'));

describe('a model in two halves', () => {
  test('holds each weight of the layers once', () => {
    const lower = cut(whole, { outputs: [statesTensor] });
    const upper = cut(whole, { inputs: [statesTensor], outputs: ['last_hidden_state'] });
    expect(lower.length + upper.length).toBeLessThan(whole.length + 10_000);
    expect([lower, upper].map((half) => half.includes('embeddings.word.weight'))).toEqual([true, false]);
    expect([lower, upper].map((half) => half.includes('layer.2.output.weight'))).toEqual([true, false]);
    expect([lower, upper].map((half) => half.includes('layer.3.output.weight'))).toEqual([false, true]);
  });

  test('cut nowhere it is whole, and a part of a part is that part', () => {
    const all = cut(whole, { outputs: ['last_hidden_state'] });
    expect(all.length).toBeGreaterThan(whole.length - 10_000);
    expect(cut(all, { outputs: ['last_hidden_state'] }).equals(all)).toBe(true);
    const lower = cut(whole, { outputs: [statesTensor] });
    expect(cut(lower, { outputs: [statesTensor] }).equals(lower)).toBe(true);
  });

  test('says which tensor there is none of', () => {
    expect(() => cut(whole, { outputs: ['nothing'] })).toThrow('the model has no tensor nothing');
    expect(() => cut(whole, { inputs: ['nothing'], outputs: [statesTensor] })).toThrow('no tensor nothing');
  });

  test('bytes that are no model throw, and never hang', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        // A file without a graph is copied: onnxruntime says what it thinks of it.
        expect(() => cut(bytes, { outputs: ['x'] }).length > bytes.length).not.toThrow(TypeError);
      }),
    );
  });
});
