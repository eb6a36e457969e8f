import { fileURLToPath } from 'node:url';

/** Test help: a network that is told by hand in fixtures/joint-test.py. */
export const testNetwork = {
  file: fileURLToPath(new URL('../fixtures/joint-test.onnx', import.meta.url)),
  version: 'test',
  tokensMax: 64,
};
