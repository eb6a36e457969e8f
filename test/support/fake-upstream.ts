import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ChatBody {
  model: string;
  messages: { role: string; content: unknown }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  [field: string]: unknown;
}

export interface SeenCall {
  readonly body: ChatBody;
  readonly raw: Buffer;
  readonly headers: IncomingMessage['headers'];
  /** Resolves when the connection of this call is gone or the answer is complete; true when it was cut. */
  readonly closed: Promise<boolean>;
}

export type Script = (call: SeenCall, res: ServerResponse, turn: number) => void | Promise<void>;

/** An OpenAI-compatible origin on a real socket that counts its calls and does what a test tells it. */
export class FakeUpstream {
  readonly calls: SeenCall[] = [];
  script: Script = answerPlainly;
  readonly #server = createServer((req, res) => void this.#serve(req, res));
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  static async start(script?: Script): Promise<FakeUpstream> {
    const upstream = new FakeUpstream();
    if (script !== undefined) upstream.script = script;
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** Resolves when so many calls have arrived. */
  called(count: number): Promise<void> {
    if (this.calls.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    if (req.method === 'GET') {
      sendJson(res, { object: 'list', data: [{ id: 'm', object: 'model', created: 0, owned_by: 'fake' }] });
      return;
    }
    const closed = new Promise<boolean>((resolve) => res.on('close', () => resolve(!res.writableFinished)));
    const call: SeenCall = { body: JSON.parse(raw.toString()), raw, headers: req.headers, closed };
    this.calls.push(call);
    for (const { count, resolve } of this.#waiting) if (this.calls.length >= count) resolve();
    await this.script(call, res, this.calls.length);
  }
}

export function lastUserText(body: ChatBody): string {
  const content = body.messages.findLast(({ role }) => role === 'user')?.content;
  if (typeof content === 'string') return content;
  return ((content ?? []) as { text?: string }[]).map(({ text }) => text ?? '').join('\n');
}

export function sendJson(res: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  const bytes = Buffer.from(JSON.stringify(body));
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  res.end(bytes);
}

export function completion(call: SeenCall, content: string, turn = 1) {
  return {
    id: `chatcmpl-${turn}`,
    object: 'chat.completion',
    created: 1_700_000_000,
    model: call.body.model,
    system_fingerprint: 'fp_fake',
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

export function chunk(call: SeenCall, delta: object, finishReason: string | null = null, more: object = {}): string {
  const body = {
    id: 'chatcmpl-s',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: call.body.model,
    system_fingerprint: 'fp_fake',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...more,
  };
  return `data: ${JSON.stringify(body)}\n\n`;
}

export function sseHead(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
}

/** `answer to: <question>`, as JSON or in pieces of five characters. */
export function answerPlainly(call: SeenCall, res: ServerResponse, turn: number): void {
  const content = `answer to: ${lastUserText(call.body)}`;
  if (call.body.stream !== true) {
    sendJson(res, completion(call, content, turn));
    return;
  }
  sseHead(res);
  res.write(chunk(call, { role: 'assistant', content: '' }));
  for (let at = 0; at < content.length; at += 5) res.write(chunk(call, { content: content.slice(at, at + 5) }));
  res.write(chunk(call, {}, 'stop'));
  if (call.body.stream_options?.include_usage === true) {
    res.write(
      chunk(call, {}, null, { choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }),
    );
  }
  res.end('data: [DONE]\n\n');
}
