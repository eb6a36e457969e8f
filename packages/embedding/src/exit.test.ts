import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** Runs the built package in a process of its own: how that process ends is the point. */
async function exitOf(script: string): Promise<{ code: unknown; signal: unknown; stderr: string }> {
  const from = new URL('../dist/index.js', import.meta.url).href;
  const source = `import { openEmbedder } from ${JSON.stringify(from)}; ${script}`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return run.then(
    ({ stderr }) => ({ code: 0, signal: null, stderr }),
    ({ code, signal, stderr }) => ({ code, signal, stderr }),
  );
}

const OPEN = 'const embedder = await openEmbedder();';
const WORK = "embedder.embed(new Array(50).fill('word '.repeat(300))).catch(() => {});";

test.each([
  ['at work', `${OPEN} ${WORK} setTimeout(() => process.exit(3), 60)`],
  ['idle', `${OPEN} process.exit(3)`],
  ['just starting', 'openEmbedder(); setTimeout(() => process.exit(3), 200)'],
  ['loading the model', 'openEmbedder(); setTimeout(() => process.exit(3), 400)'],
  ['closed at work', `${OPEN} ${WORK} setTimeout(() => embedder.close().then(() => process.exit(3)), 60)`],
])('a process that exits while its worker is %s keeps its exit code and says nothing', async (_, script) => {
  expect(await exitOf(script)).toEqual({ code: 3, signal: null, stderr: '' });
});

test('a closed embedder lets its process end', async () => {
  expect(await exitOf(`${OPEN} await embedder.embed(['x']); await embedder.close();`)).toEqual({
    code: 0,
    signal: null,
    stderr: '',
  });
});
