import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, isAbsolute, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type Config, deepFreeze } from './config.ts';
import { ConfigDocument } from './document.ts';
import { type Environment, type EnvironmentSettings, readEnvironment, variable } from './environment.ts';
import { ConfigError, type ConfigFault } from './faults.ts';
import type { Overrides } from './overrides.ts';
import { type Provider, providerSchema } from './provider.ts';
import { referenceFaults, referenceWarnings, unsafePolicies } from './references.ts';
import type { FileConfig } from './schema.ts';
import { validate } from './validate.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Absolute; relative paths start here. */
  readonly cwd: string;
  /** Wins over NEARHIT_CONFIG. */
  readonly file?: string | undefined;
  /** Stands for the file: what would stand in it, as YAML or as plain values. */
  readonly inline?: string | object | undefined;
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
  const document =
    options.inline === undefined
      ? new ConfigDocument(source?.text ?? '', displayName(source?.path, cwd), env)
      : new ConfigDocument(textOf(options.inline), 'config', env);
  const fileFaults = document.faults.length > 0 ? { faults: document.faults } : validate(document);
  const config = 'config' in fileFaults ? fileFaults.config : undefined;
  if (config === undefined) throw new ConfigError([...environment.faults, ...fileFaults.faults]);
  const providers = allProviders(config, environment);
  const sections = merged(config, environment.overrides, cwd);
  const faults = [
    ...environment.faults,
    ...document.faults,
    ...referenceFaults(config, providers, document),
    ...lonelyCache(sections, environment, document),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
  const server = { ...config.server, ...environment.server };
  return deepFreeze({
    ...config,
    ...sections,
    server,
    auth: environment.auth ?? config.auth ?? defaultAuth(server.host, sections.redis.url),
    providers,
    dataDir: environment.dataDir,
    logLevel: environment.logLevel,
    source: { file: source?.path, contentHash: source?.hash },
    warnings: [
      ...unusedKeys(config, environment),
      ...referenceWarnings(config, providers, document),
      ...unsafePolicies(config, document),
    ],
  });
}

const textOf = (inline: string | object): string => (typeof inline === 'string' ? inline : stringify(inline));

/** The environment over the file; paths are absolute. */
function merged(config: FileConfig, overrides: Overrides, cwd: string) {
  const redis = { ...config.redis, ...overrides.redis };
  const services = { ...config.services, ...overrides.services };
  const cache = { ...config.cache, ...overrides.cache };
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(cwd, path));
  return {
    redis: { ...redis, caCertFile: absolute(redis.caCertFile) },
    services: { ...services, internalTokenFile: absolute(services.internalTokenFile) },
    queue: { ...config.queue, ...overrides.queue },
    index: { ...config.index, ...overrides.index },
    cache: { ...cache, verifierDir: absolute(cache.verifierDir) },
    embedding: { ...config.embedding, ...overrides.embedding },
    telemetry: { ...config.telemetry, ...overrides.telemetry },
  };
}

/** Without a key only from this machine, and not where several processes serve. */
function defaultAuth(host: string, redisUrl: string | undefined): Config['auth'] {
  return redisUrl === undefined && LOOPBACK.test(host) ? 'optional' : 'required';
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i;

/** A cache service learns what to hold from the log, and the log is in Redis. */
function lonelyCache(
  { redis, services }: Pick<FileConfig, 'redis' | 'services'>,
  environment: EnvironmentSettings,
  document: ConfigDocument,
): ConfigFault[] {
  const asked = environment.faults.some(({ path }) => path === 'REDIS_URL');
  if (services.cacheUrls.length === 0 || redis.url !== undefined || asked) return [];
  const message = 'needs REDIS_URL (redis.url) as well: a cache service follows the log that is kept in Redis';
  if (environment.overrides.services.cacheUrls !== undefined)
    return [{ where: 'environment', path: 'CACHE_URL', message }];
  return [{ where: document.where(['services', 'cacheUrls']), path: 'services.cacheUrls', message }];
}

/** The file's win over the environment's of the same id; demo only when there is no other. */
function allProviders(config: FileConfig, environment: EnvironmentSettings): Provider[] {
  const ids = new Set(config.providers.map(({ id }) => id));
  const providers = [...config.providers, ...environment.providers.filter(({ id }) => !ids.has(id))];
  return providers.length > 0 ? providers : [providerSchema.parse({ id: DEMO_PROVIDER_ID, kind: 'demo' })];
}

/** A key that was set for a provider which the file has as well, and has without a key. */
function unusedKeys(config: FileConfig, environment: EnvironmentSettings): string[] {
  return environment.providers.flatMap(({ id, apiKeys }) => {
    const own = config.providers.find((provider) => provider.id === id);
    if (own === undefined || own.apiKeys.length > 0 || apiKeys.length === 0) return [];
    const name = `${id.toUpperCase()}_API_KEY`;
    return [`${name} is not used: the file has a provider ${id} of its own; give it apiKeys: [ \${${name}} ]`];
  });
}

function readSource({ env, cwd, file, inline }: LoadOptions, faults: ConfigFault[]): SourceFile | undefined {
  if (inline !== undefined) return undefined;
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
