import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { type Embedder, NearhitError } from '@nearhit/core';
import { type EmbedderOptions, openEmbedder } from './open-embedder.ts';

/** Test help: an embedder whose worker can be told to sleep, exit and throw by a text, and what it was given so far. */
export async function openTripwire(options: EmbedderOptions = {}) {
  const channel = new BroadcastChannel('nearhit-embedding-tripwire');
  const seen: string[] = [];
  channel.onmessage = (message) => {
    seen.push((message as { data: string }).data);
  };
  const workerUrl = new URL('../fixtures/tripwire-worker.mjs', import.meta.url);
  const embedder = await openEmbedder({ workerUrl, ...options });
  const close = async () => {
    channel.close();
    await embedder.close();
  };
  return { embedder, seen, close, times: (text: string) => seen.filter((other) => other === text).length };
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

/** 'answered', or the kind of error. */
export function outcome(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof NearhitError ? error.kind : String(error)),
  );
}

export const embeds = async (embedder: Embedder, text: string, deadlineMs?: number) =>
  (await outcome(embedder.embed([text], deadlineMs === undefined ? {} : { deadlineMs }))) === 'answered';
