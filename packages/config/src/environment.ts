import { resolve } from 'node:path';
import { LOG_LEVELS, type LogLevel } from './config.ts';
import type { ConfigFault } from './faults.ts';
import { type Overrides, readOverrides } from './overrides.ts';
import { PRESETS, type PresetName } from './presets.ts';
import { type Provider, type ProviderInput, providerSchema } from './provider.ts';
import { AUTH, type Auth, type FileConfig, WEBHOOK_SECRET_CHARS_MIN } from './schema.ts';
import { shown } from './validate.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable is one that is not set: what `${X}` in a compose file leaves behind. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

export interface EnvironmentSettings {
  readonly server: Partial<Pick<FileConfig['server'], 'port' | 'host' | 'adminToken' | 'secret' | 'webhookSecret'>>;
  readonly auth: Auth | undefined;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly overrides: Overrides;
  readonly providers: Provider[];
  readonly faults: ConfigFault[];
}

/** Presets that two variables each enable: `OPENAI_API_KEY` or `OPENAI_BASE_URL`. */
const PROVIDERS = ['openai', 'anthropic', 'gemini', 'deepseek'] as const satisfies PresetName[];

export function readEnvironment(env: Environment, cwd: string): EnvironmentSettings {
  const faults: ConfigFault[] = [];
  const port = portOf(variable(env, 'PORT'), faults);
  const host = variable(env, 'HOST');
  const adminToken = variable(env, 'NEARHIT_ADMIN_TOKEN');
  const secret = variable(env, 'NEARHIT_SECRET');
  const webhookSecret = webhookSecretOf(variable(env, 'NEARHIT_WEBHOOK_SECRET'), faults);
  return {
    server: {
      ...(port === undefined ? {} : { port }),
      ...(host ? { host } : {}),
      ...(adminToken ? { adminToken } : {}),
      ...(secret ? { secret } : {}),
      ...(webhookSecret ? { webhookSecret } : {}),
    },
    auth: authOf(variable(env, 'NEARHIT_AUTH'), faults),
    dataDir: resolve(cwd, variable(env, 'NEARHIT_DATA_DIR') ?? '.nearhit'),
    logLevel: logLevelOf(variable(env, 'LOG_LEVEL'), faults),
    overrides: readOverrides((name) => variable(env, name), faults),
    providers: PROVIDERS.flatMap((preset) => providerOf(preset, env, faults)),
    faults,
  };
}

function portOf(value: string | undefined, faults: ConfigFault[]): number | undefined {
  if (value === undefined) return undefined;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (port <= 65_535) return port;
  faults.push(fault('PORT', `expected an integer from 0 to 65535, got ${shown(value)}`));
  return undefined;
}

function webhookSecretOf(value: string | undefined, faults: ConfigFault[]): string | undefined {
  if (value === undefined || value.length >= WEBHOOK_SECRET_CHARS_MIN) return value;
  faults.push(fault('NEARHIT_WEBHOOK_SECRET', `expected at least ${WEBHOOK_SECRET_CHARS_MIN} characters`));
  return undefined;
}

function authOf(value: string | undefined, faults: ConfigFault[]): Auth | undefined {
  if (value === undefined) return undefined;
  const auth = AUTH.find((known) => known === value.toLowerCase());
  if (auth === undefined) faults.push(fault('NEARHIT_AUTH', `expected ${AUTH.join(' or ')}, got ${shown(value)}`));
  return auth;
}

function logLevelOf(value: string | undefined, faults: ConfigFault[]): LogLevel {
  if (value === undefined) return 'info';
  const level = LOG_LEVELS.find((known) => known === value.toLowerCase());
  if (level === undefined)
    faults.push(fault('LOG_LEVEL', `expected one of ${LOG_LEVELS.join(', ')}, got ${shown(value)}`));
  return level ?? 'info';
}

function providerOf(preset: (typeof PROVIDERS)[number], env: Environment, faults: ConfigFault[]): Provider[] {
  const prefix = preset.toUpperCase();
  const key = variable(env, `${prefix}_API_KEY`);
  const baseUrl = variable(env, `${prefix}_BASE_URL`);
  if (key === undefined && baseUrl === undefined) return [];
  const { kind, baseUrl: usual } = PRESETS[preset];
  const input: ProviderInput = {
    id: preset,
    kind,
    baseUrl: baseUrl ?? usual,
    apiKeys: key === undefined ? [] : [key],
  };
  const result = providerSchema.safeParse(input);
  if (result.success) return [result.data];
  for (const { message } of result.error.issues) faults.push(fault(`${prefix}_BASE_URL`, message));
  return [];
}

function fault(name: string, message: string): ConfigFault {
  return { where: 'environment', path: name, message };
}
