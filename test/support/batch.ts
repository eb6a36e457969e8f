import OpenAI, { toFile } from 'openai';
import { until } from './until.ts';

export type Batch = OpenAI.Batches.Batch;

export interface OutputLine {
  readonly id: string;
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
    readonly body: any;
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export function openai(url: string, apiKey = 'sk-test'): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

/** A line of an input file. */
export function line(customId: string, question: string, more: Record<string, unknown> = {}): string {
  const body = { model: 'm', messages: [{ role: 'user', content: question }], ...more };
  return JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body });
}

export async function upload(client: OpenAI, content: string | Buffer, name = 'questions.jsonl') {
  return client.files.create({ file: await toFile(Buffer.from(content), name), purpose: 'batch' });
}

/** `endpoint`: where the lines go; one that OpenAI's SDK has no name for as well. */
export async function begin(
  client: OpenAI,
  lines: readonly string[] | string | Buffer,
  endpoint = '/v1/chat/completions',
): Promise<Batch> {
  const content = Array.isArray(lines) ? `${lines.join('\n')}\n` : (lines as string | Buffer);
  const file = await upload(client, content);
  return client.batches.create({
    ...{ input_file_id: file.id, endpoint: endpoint as '/v1/chat/completions', completion_window: '24h' },
  });
}

const ENDED = ['completed', 'failed', 'expired', 'cancelled'];

/** The batch when it has ended. */
export async function ended(client: OpenAI, id: string, timeoutMs = 60_000): Promise<Batch> {
  let batch = await client.batches.retrieve(id);
  await until(
    `batch ${id} has ended`,
    async () => {
      batch = await client.batches.retrieve(id);
      return ENDED.includes(batch.status);
    },
    timeoutMs,
  );
  return batch;
}

/** The lines of a file; none where there is no file. */
export async function linesIn(client: OpenAI, id: string | null | undefined): Promise<OutputLine[]> {
  if (!id) return [];
  const text = await (await client.files.content(id)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one) as OutputLine);
}
