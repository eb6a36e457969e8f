import { join } from 'node:path';
import { type Secret, secretOf } from './secret-file.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** PORT where none is set: the services of one machine do not share one. */
export function withPort(env: Env, port: number): Env {
  return { ...env, PORT: env.PORT || String(port) };
}

interface InternalTokenConfig {
  readonly dataDir: string;
  readonly services: { readonly internalToken?: string | undefined; readonly internalTokenFile?: string | undefined };
}

/** What the services know each other by: as configured, else in a file that they share. */
export function internalTokenOf({ dataDir, services }: InternalTokenConfig): Secret {
  const file = services.internalTokenFile ?? join(dataDir, 'internal-token');
  return secretOf(services.internalToken, file, 'nhi_');
}

const EXAMPLES = { EMBEDDING_URL: 'http://localhost:7001', CACHE_URL: 'http://localhost:7002' } as const;

/** Where a service is that this process can't do without. Throws an Error of one line when nobody said so. */
export function requiredUrls(name: keyof typeof EXAMPLES, urls: readonly string[]): readonly string[] {
  if (urls.length > 0) return urls;
  throw new Error(`${name} is not set: this service needs it, for example ${EXAMPLES[name]}`);
}
