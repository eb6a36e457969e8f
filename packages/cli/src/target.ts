import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type AdminClient, createAdminClient } from '@nearhit/http/client';
import type { Command } from 'commander';
import { explained, Failure, systemCode, UsageError } from './failures.ts';
import { type Io, type Target, variable } from './io.ts';

export interface TargetOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

export function withUrl(command: Command): Command {
  return command.option(
    '--url <url>',
    'the gateway (default: NEARHIT_URL, else http://127.0.0.1 with PORT, else port 8080)',
  );
}

export function withToken(command: Command): Command {
  return command.option(
    '--token <token>',
    'admin token (default: NEARHIT_ADMIN_TOKEN, else the one in the data folder)',
  );
}

/** Throws UsageError when the address is none, Failure when the token's file can't be read. */
export function targetOf(options: TargetOptions, io: Io): Target {
  return { url: urlOf(options.url, io), token: tokenOf(options.token, io) };
}

/** `use` with a client; its errors say what a person can do about them. */
export async function withClient<T>(target: Target, use: (client: AdminClient) => Promise<T>): Promise<T> {
  try {
    return await use(createAdminClient({ baseUrl: target.url, token: target.token.value ?? 'none' }));
  } catch (error) {
    throw explained(error, target);
  }
}

export function urlOf(option: string | undefined, io: Io): string {
  const port = variable(io, 'PORT') ?? '8080';
  const from = option ?? variable(io, 'NEARHIT_URL') ?? `http://127.0.0.1:${port}`;
  const url = URL.canParse(from) ? new URL(from) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UsageError(`Not the address of a gateway: ${from}. It looks like http://127.0.0.1:8080.`);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function tokenOf(option: string | undefined, io: Io): Target['token'] {
  const file = join(resolve(io.cwd, variable(io, 'NEARHIT_DATA_DIR') ?? '.nearhit'), 'admin-token');
  if (option !== undefined && option !== '') return { value: option, from: '--token', file };
  const value = variable(io, 'NEARHIT_ADMIN_TOKEN');
  if (value !== undefined) return { value, from: 'NEARHIT_ADMIN_TOKEN', file };
  try {
    return { value: readFileSync(file, 'utf8').trim() || undefined, from: file, file };
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR')
      return { value: undefined, from: 'nowhere', file };
    throw new Failure(`The admin token can't be read: ${(error as Error).message}`);
  }
}
