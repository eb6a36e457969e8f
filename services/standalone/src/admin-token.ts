import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface AdminToken {
  readonly token: string;
  /** Where it is kept; absent when it was configured. */
  readonly file?: string | undefined;
  /** Made by this start: the only time it is printed. */
  readonly fresh: boolean;
}

/** The configured token, else the one made at the first start and kept in the data folder, readable by its owner only. */
export function adminToken(configured: string | undefined, dataDir: string): AdminToken {
  if (configured !== undefined && configured !== '') return { token: configured, fresh: false };
  const file = join(dataDir, 'admin-token');
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (token !== '') return { token, file, fresh: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dataDir, { recursive: true });
  const token = `nha_${randomBytes(24).toString('base64url')}`;
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return { token, file, fresh: true };
}
