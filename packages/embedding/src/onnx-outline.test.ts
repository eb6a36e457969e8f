import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { modelDir, statesTensor } from '@nearhit/model-minilm';
import fc from 'fast-check';
import { cutModel } from './onnx-cut.ts';
import { outlineOf } from './onnx-outline.ts';

describe('the outline of a model', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nearhit-outline-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const inFile = (bytes: Uint8Array): string => {
    const file = join(folder, 'model.onnx');
    writeFileSync(file, bytes);
    return file;
  };

  test('is small, names the file for what it left out, and can be cut', () => {
    const outline = Buffer.from(outlineOf(join(modelDir, 'onnx/model_int8.onnx')));
    expect(outline.length).toBeLessThan(500_000);
    expect(outline.includes('model_int8.onnx')).toBe(true);
    const lower = Buffer.concat(cutModel(outline, { outputs: [statesTensor] }));
    expect(lower.includes('layer.2.output.weight')).toBe(true);
    expect(lower.includes('layer.3.output.weight')).toBe(false);
  });

  test('of a model of small weights is that model', () => {
    const file = join(modelDir, 'onnx/model_int8.onnx');
    const outline = outlineOf(file);
    expect(Buffer.from(outlineOf(inFile(outline))).equals(outline)).toBe(true);
  });

  test('of what is cut short, or no model, is refused by one line that names the file', () => {
    const outline = outlineOf(join(modelDir, 'onnx/model_int8.onnx'));
    const cutShort = inFile(outline.subarray(0, outline.length - 1));
    expect(() => outlineOf(cutShort)).toThrow(`${cutShort} is no ONNX model`);
  });

  test('of any bytes is those bytes, or refused; it never hangs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const file = inFile(bytes);
        let outline: Uint8Array | undefined;
        try {
          outline = outlineOf(file);
        } catch (error) {
          expect((error as Error).message).toBe(`${file} is no ONNX model`);
        }
        expect(outline ?? bytes).toHaveLength(bytes.length);
      }),
    );
  });
});
