import { readFileSync } from 'node:fs';
import type { RedisSettings } from './settings.ts';

/** The section `redis` of the configuration. */
export interface RedisSection {
  readonly url?: string | undefined;
  readonly keyPrefix: string;
  /** Path of a PEM file. */
  readonly caCertFile?: string | undefined;
  readonly commandTimeoutMs: number;
}

/** Throws an Error of one line when there is no URL or the authority's file can't be read. */
export function redisSettings({ url, caCertFile, ...rest }: RedisSection): RedisSettings {
  if (url === undefined)
    throw new Error('REDIS_URL is not set: this service needs Redis, for example redis://localhost');
  return { ...rest, url, ...(caCertFile !== undefined && { caCert: read(caCertFile) }) };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`REDIS_CA_CERT: ${file} can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
