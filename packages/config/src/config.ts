import type { Auth, FileConfig } from './schema.ts';

type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Everything that can be set, with its defaults; deeply frozen. */
export type Config = DeepReadonly<Omit<FileConfig, 'auth'>> & {
  /** Whether the data plane needs a key. */
  readonly auth: Auth;
  /** Absolute path of the embedded data (`NEARHIT_DATA_DIR`). */
  readonly dataDir: string;
  /** pino's names. */
  readonly logLevel: LogLevel;
  readonly source: ConfigSource;
  /** Things an operator should hear once, at start: keys that nothing uses yet ... */
  readonly warnings: readonly string[];
};

export interface ConfigSource {
  /** Absolute path; absent when there is no file. */
  readonly file?: string | undefined;
  /** SHA-256 of the file's bytes, so that a watcher knows what is in force. */
  readonly contentHash?: string | undefined;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
