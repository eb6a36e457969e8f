import { parentPort } from 'node:worker_threads';
import { loadCounter } from './counter.ts';
import { countPrompt } from './prompt-tokens.ts';
import type { CountedTokens, TokensToCount } from './thread.ts';

/** Counts in a thread of its own: the tables take a second to load, and long texts their time. */
const loaded = loadCounter();

parentPort?.on('message', ({ id, of, body }: TokensToCount) => {
  void loaded.then(() => {
    parentPort?.postMessage({ id, promptTokens: countPrompt[of](Buffer.from(body)) } satisfies CountedTokens);
  });
});
