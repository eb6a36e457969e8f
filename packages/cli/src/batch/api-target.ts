import { AdminClientError, type BatchClient, createBatchClient } from '@nearhit/http/client';
import type { Command } from 'commander';
import { Failure, nobodyAnswers, systemCode } from '../failures.ts';
import { type Io, variable } from '../io.ts';
import { type TargetOptions, targetOf, withUrl } from '../target.ts';

export interface ApiOptions extends Pick<TargetOptions, 'url'> {
  readonly key?: string;
  readonly json?: boolean;
}

/** Options of a command that speaks the OpenAI API. */
export const withApi = (command: Command): Command =>
  withUrl(command)
    .option('--key <key>', 'API key (default: NEARHIT_API_KEY, else the admin token)')
    .option('--json', 'the answer as JSON');

/** `use` with a client; its errors say what a person can do about them. */
export async function withBatches<T>(
  options: ApiOptions,
  io: Io,
  use: (client: BatchClient) => Promise<T>,
): Promise<T> {
  const { url, token } = targetOf({ url: options.url }, io);
  const key = options.key ?? variable(io, 'NEARHIT_API_KEY') ?? token.value;
  try {
    return await use(createBatchClient({ baseUrl: url, key }));
  } catch (error) {
    if (!(error instanceof AdminClientError)) throw error;
    if (systemCode(error) === 'ECONNREFUSED') throw nobodyAnswers(url);
    if (error.status !== 401) throw new Failure(error.message, { cause: error });
    const message =
      key === undefined
        ? 'The gateway wants an API key: give one with --key, or set NEARHIT_API_KEY.'
        : 'The gateway refuses the API key. It is looked for in --key, then NEARHIT_API_KEY, then the admin token.';
    throw new Failure(message, { cause: error });
  }
}
