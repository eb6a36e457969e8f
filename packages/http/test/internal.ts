import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NearestIndex, Observer } from '@nearhit/core';
import { createEmbeddingApp, type EmbeddingAppDeps } from '../src/internal/embedding-app.ts';
import { createNearestApp, type NearestAppDeps } from '../src/internal/nearest-app.ts';
import { closeServer, createServer } from '../src/server.ts';

/** Internal services and what they are closed with. */

export const INTERNAL_TOKEN = 'the-internal-token';

const closers: (() => Promise<void>)[] = [];

/** For `afterEach`, last opened first closed. */
export async function closeServices(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

export function keepOpen<T extends { close(): Promise<void> }>(one: T): T {
  closers.push(() => one.close());
  return one;
}

export interface Running {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** What went to the log. */
  readonly lines: object[];
  /** What /readyz says. */
  readiness: { ready: boolean; degraded: readonly string[] };
  close(): Promise<void>;
}

const noMetrics = { scrape: async () => ({ contentType: 'text/plain', text: 'up 1\n' }) };

type Listen = { host?: string; port?: number };

export function startEmbedding(
  deps: Pick<EmbeddingAppDeps, 'embedder'> & Partial<EmbeddingAppDeps>,
  where: Listen = {},
): Promise<Running> {
  return run((common) => createEmbeddingApp({ bodyBytesMax: 10_000_000, ...common, ...deps }), where);
}

export function startNearest(
  index: Pick<NearestIndex, 'nearest' | 'position' | 'stats'>,
  deps: Partial<NearestAppDeps> = {},
  where: Listen = {},
): Promise<Running> {
  return run((common) => createNearestApp({ index, position: () => index.position(), ...common, ...deps }), where);
}

async function run(
  make: (
    common: Pick<NearestAppDeps, 'token' | 'readiness' | 'metrics' | 'log'>,
  ) => ReturnType<typeof createNearestApp>,
  { host = '127.0.0.1', port = 0 }: Listen,
): Promise<Running> {
  const lines: object[] = [];
  const note = (detail: object): unknown => lines.push(detail);
  const readiness = { ready: true, degraded: [] };
  const wire = make({
    token: INTERNAL_TOKEN,
    readiness: () => running.readiness,
    metrics: noMetrics,
    log: { warn: note, error: note } as NearestAppDeps['log'],
  });
  const server = createServer(wire.app, { fast: wire.fast });
  await new Promise<void>((resolve) => {
    server.listen(port, host, resolve);
  });
  const { address, port: bound } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeServer(server, 0);
    return closing;
  };
  const running: Running = { url: `http://${address}:${bound}`, port: bound, server, lines, readiness, close };
  return keepOpen(running);
}

/** Remembers the incidents. */
export function watcher(): Pick<Observer, 'incident'> & { readonly incidents: [string, unknown][] } {
  const incidents: [string, unknown][] = [];
  return { incidents, incident: (name, detail) => void incidents.push([name, detail]) };
}

/** Asks until the answer is yes. Rejects after 10 s. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
