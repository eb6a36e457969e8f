import { accessSync, constants, existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type Config, ConfigError, loadConfig } from '@nearhit/config';
import { createAdminClient } from '@nearhit/http/client';
import { systemCode } from '../failures.ts';
import { bytes } from '../format.ts';
import type { Io, Target } from '../io.ts';
import { type Finding, fail, ok, warn, why } from './finding.ts';

const NODE_MIN = [20, 19] as const;
const DISK_BYTES_MIN = 1_073_741_824;
const TIMEOUT_MS = 3000;

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return ok('node', version);
  return fail('node', version, `Install Node ${NODE_MIN.join('.')} or newer.`);
}

/** The configuration as `start` would read it; undefined where it would refuse it. */
export function checkConfig(io: Io): { readonly config?: Config; readonly findings: Finding[] } {
  try {
    const config = loadConfig({ env: io.env, cwd: io.cwd });
    const found = config.source.file ?? 'no file: defaults and environment';
    const warnings = config.warnings.map((text) => warn('configuration', text, 'See docs/configuration.md.'));
    return { config, findings: [ok('configuration', found), ...warnings] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { findings: [fail('configuration', error.message, 'Mend it: the gateway does not start with it.')] };
  }
}

export function checkProviders({ providers }: Config): Finding {
  const real = providers.filter(({ kind }) => kind !== 'demo');
  if (real.length > 0) return ok('providers', real.map(({ id, kind }) => `${id} (${kind})`).join(', '));
  return warn(
    'providers',
    'the built-in demo alone',
    'Set OPENAI_API_KEY or another, or name providers in nearhit.yaml.',
  );
}

export function checkDataDir({ dataDir }: Config): Finding[] {
  try {
    const there = nearestThere(dataDir);
    accessSync(there, constants.W_OK);
    if (existsSync(dataDir)) {
      const probe = join(dataDir, `.doctor-${process.pid}`);
      writeFileSync(probe, '');
      rmSync(probe);
    }
    const { bavail, bsize } = statfsSync(there);
    const free = bavail * bsize;
    const disk =
      free >= DISK_BYTES_MIN
        ? ok('disk', `${bytes(free)} free`)
        : warn(
            'disk',
            `${bytes(free)} free`,
            'Answers, accounts and the index need room: free some, or bound maxBytes.',
          );
    return [ok('data folder', existsSync(dataDir) ? dataDir : `${dataDir} (will be made)`), disk];
  } catch (error) {
    return [fail('data folder', `${dataDir}: ${why(error)}`, 'Give it to this user, or set NEARHIT_DATA_DIR.')];
  }
}

function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path));
}

/** A port in use is well where it is a gateway that uses it. */
export async function checkPort({ server }: Config, target: Target): Promise<Finding> {
  const { port, host } = server;
  const code = await listening(port, host);
  if (code === undefined) return ok('port', `${host}:${port} is free: no gateway runs there`);
  if (code !== 'EADDRINUSE') return fail('port', `${host}:${port}: ${code}`, 'Choose another with PORT or HOST.');
  const client = createAdminClient({ baseUrl: target.url, token: target.token.value ?? 'none', timeoutMs: TIMEOUT_MS });
  try {
    const { status, degraded } = await client.status();
    const found = `a gateway answers on ${target.url}: ${status}`;
    return degraded.length === 0
      ? ok('port', found)
      : warn('port', `${found} (${degraded.join(', ')})`, 'See `nearhit status`.');
  } catch (error) {
    const todo = 'Another program may have it: choose another with PORT, or name the gateway with --url.';
    return fail('port', `${host}:${port} is in use, and no gateway answers on ${target.url}: ${why(error)}`, todo);
  }
}

function listening(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(systemCode(error) ?? why(error)));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** Of the services that are named. */
export function checkServices({ services }: Config): Promise<Finding[]> {
  const named = [
    ...services.embeddingUrls.map((url) => ['embedding', url] as const),
    ...services.cacheUrls.map((url) => ['cache', url] as const),
  ];
  return Promise.all(
    named.map(async ([name, url]) => {
      try {
        const { status } = await fetch(`${url.replace(/\/+$/, '')}/readyz`, {
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        return status === 200
          ? ok(name, url)
          : warn(name, `${url}: ${status}`, `Look at the log of the ${name} service.`);
      } catch (error) {
        return fail(name, `${url}: ${why(error)}`, `Start the ${name} service, or mend its address.`);
      }
    }),
  );
}

/** Embeds a sentence, unless another process does that. */
export async function checkModel({ embedding, services, dataDir }: Config): Promise<Finding[]> {
  if (services.embeddingUrls.length > 0) return [];
  const { embeddingModelFrom, openEmbedder } = await import('@nearhit/embedding');
  try {
    const embedder = await openEmbedder({
      ...embeddingModelFrom(embedding.model),
      cacheDir: join(dataDir, 'models'),
      threads: 1,
    });
    try {
      await embedder.embed(['Is anybody there?']);
      return [ok('model', `${embedder.model.id}, ${embedder.model.dimensions} dimensions`)];
    } finally {
      await embedder.close();
    }
  } catch (error) {
    return [fail('model', why(error), 'Mend EMBEDDING_MODEL, or leave it unset for the bundled one.')];
  }
}
