import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@nearhit/redis/testing';
import { INTERNAL_TOKEN, ServiceProcess } from './service-process.ts';
import { until } from './until.ts';

const START_MS = 60_000;

/**
 * The URL of an embedding service that all files of one Jest run use: it keeps nothing of what it is asked, and to load the
 * model costs more than most tests. Whoever comes first starts it; scripts/test-run.mjs ends it.
 */
export async function sharedEmbedding(): Promise<string> {
  const run = process.env.NEARHIT_TEST_RUN;
  if (run === undefined) throw new Error('NEARHIT_TEST_RUN is not set: Jest ran without its global set-up');
  const place = join(run, 'embedding');
  const told = join(place, 'service.json');
  if (isFirst(place)) {
    const service = new ServiceProcess({
      service: 'embedding',
      port: await freePort(),
      cwd: place,
      env: { NEARHIT_INTERNAL_TOKEN: INTERNAL_TOKEN },
    });
    await service.start();
    writeFileSync(`${told}.new`, JSON.stringify({ url: service.url, pid: service.leave() }));
    renameSync(`${told}.new`, told);
  }
  await until('the shared embedding service is ready', () => existsSync(told), START_MS);
  return JSON.parse(readFileSync(told, 'utf8')).url;
}

/** True of a gateway that is told how to embed or which network to use. */
export const wantsItsOwn = (env: Record<string, string>): boolean =>
  Object.keys(env).some((name) => /^(?:EMBEDDING|VERIFIER)_/.test(name));

/** What tells a process of it. */
export async function sharedEmbeddingEnv(): Promise<Record<string, string>> {
  return { EMBEDDING_URL: await sharedEmbedding(), NEARHIT_INTERNAL_TOKEN: INTERNAL_TOKEN };
}

function isFirst(place: string): boolean {
  try {
    mkdirSync(place);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
