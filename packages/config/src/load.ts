import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, isAbsolute, relative, resolve } from 'node:path';
import { type Config, deepFreeze } from './config.ts';
import { ConfigDocument } from './document.ts';
import { type Environment, type EnvironmentSettings, readEnvironment, variable } from './environment.ts';
import { ConfigError, type ConfigFault } from './faults.ts';
import { referenceFaults } from './references.ts';
import { type FileConfig, type Provider, providerSchema } from './schema.ts';
import { validate } from './validate.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Absolute; relative paths start here. */
  readonly cwd: string;
  /** Wins over NEARHIT_CONFIG. */
  readonly file?: string | undefined;
}

const DEFAULT_FILE = 'nearhit.yaml';
const DEMO_PROVIDER_ID = 'demo';

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly hash: string;
}

/**
 * The file, the environment over it, defaults under both. Without a file (and none asked for) the defaults alone.
 * Throws ConfigError with every fault there is.
 */
export function loadConfig(options: LoadOptions): Config {
  const { env, cwd } = options;
  const environment = readEnvironment(env, cwd);
  const source = readSource(options, environment.faults);
  const document = new ConfigDocument(source?.text ?? '', displayName(source?.path, cwd), env);
  const fileFaults = document.faults.length > 0 ? { faults: document.faults } : validate(document);
  const config = 'config' in fileFaults ? fileFaults.config : undefined;
  if (config === undefined) throw new ConfigError([...environment.faults, ...fileFaults.faults]);
  const providers = allProviders(config, environment);
  const faults = [...environment.faults, ...document.faults, ...referenceFaults(config, providers, document)];
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze({
    ...config,
    server: { ...config.server, ...environment.server },
    embedding: { ...config.embedding, model: environment.embeddingModel ?? config.embedding.model },
    providers,
    dataDir: environment.dataDir,
    logLevel: environment.logLevel,
    source: { file: source?.path, contentHash: source?.hash },
    warnings: environment.warnings,
  });
}

/** The file's win over the environment's of the same id; demo only when there is no other. */
function allProviders(config: FileConfig, environment: EnvironmentSettings): Provider[] {
  const ids = new Set(config.providers.map(({ id }) => id));
  const providers = [...config.providers, ...environment.providers.filter(({ id }) => !ids.has(id))];
  return providers.length > 0 ? providers : [providerSchema.parse({ id: DEMO_PROVIDER_ID, kind: 'demo' })];
}

function readSource({ env, cwd, file }: LoadOptions, faults: ConfigFault[]): SourceFile | undefined {
  const asked = file ?? variable(env, 'NEARHIT_CONFIG');
  const path = resolve(cwd, asked ?? DEFAULT_FILE);
  try {
    const bytes = readFileSync(path);
    return { path, text: bytes.toString(), hash: contentHash(bytes) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && asked === undefined) return undefined;
    const message = code === 'ENOENT' ? 'there is no such file' : `can't be read (${code})`;
    faults.push({ where: displayName(path, cwd), path: '', message });
    return undefined;
  }
}

export function contentHash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function displayName(path: string | undefined, cwd: string): string {
  if (path === undefined) return DEFAULT_FILE;
  const near = relative(cwd, path);
  return near.startsWith('..') || isAbsolute(near) ? path : near || basename(path);
}
