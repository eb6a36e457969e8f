import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ChatBody, lastUserText, sendJson, sseHead } from './fake-upstream.ts';

/** What a provider does with a call. `silent`: nothing, until the other side gives up. */
export type Mood =
  | 'well'
  | 'limited'
  | 'limited-for-a-second'
  | 'failing'
  | 'silent'
  | 'cut-before-head'
  | 'cut-at-head'
  | 'cut-in-body';

/** One call as the provider that got it knows it. */
export interface CountedCall {
  /** Over all providers of the ledger, from 1. */
  readonly serial: number;
  readonly provider: string;
  /** The client's `x-request-id`, as it arrived here. */
  readonly requestId: string;
  readonly question: string;
  readonly stream: boolean;
  readonly mood: Mood;
  /** Of no two calls the same, unless a drill wants them so. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** `whole`: the last byte of an answer is out. `left`: the other side went away. */
  state: 'asked' | 'whole' | 'refused' | 'cut' | 'left';
}

type Arrived = Omit<CountedCall, 'serial' | 'promptTokens' | 'completionTokens' | 'state'> & {
  readonly promptTokens?: number | undefined;
  readonly completionTokens?: number | undefined;
};

/** What all providers of a drill have done, in the order in which they were asked. */
export class Ledger {
  readonly calls: CountedCall[] = [];
  readonly #byRequest = new Map<string, CountedCall[]>();

  open({ promptTokens, completionTokens, ...call }: Arrived): CountedCall {
    const serial = this.calls.length + 1;
    const counted: CountedCall = {
      ...call,
      serial,
      promptTokens: promptTokens ?? 10_000 + 3 * serial,
      completionTokens: completionTokens ?? 100 + serial,
      state: 'asked',
    };
    this.calls.push(counted);
    const others = this.#byRequest.get(call.requestId);
    if (others === undefined) this.#byRequest.set(call.requestId, [counted]);
    else others.push(counted);
    return counted;
  }

  of(requestId: string): readonly CountedCall[] {
    return this.#byRequest.get(requestId) ?? [];
  }

  get whole(): CountedCall[] {
    return this.calls.filter(({ state }) => state === 'whole');
  }
}

/** The one text that this call may be answered with. */
export const answerOf = ({
  question,
  serial,
  provider,
}: Pick<CountedCall, 'question' | 'serial' | 'provider'>): string =>
  `${provider} says in its call ${serial}: you asked "${question}"`;

export interface CountedProviderOptions {
  readonly name: string;
  readonly ledger: Ledger;
  /** Asked anew for each call. Default: always well. */
  readonly mood?: (body: ChatBody) => Mood;
  /** Before an answer begins. Default: at once. */
  readonly hold?: (call: CountedCall) => Promise<void>;
  /** 0: any free one. */
  readonly port?: number;
}

/** An OpenAI-compatible provider on a real socket that keeps books. */
export class CountedProvider {
  readonly name: string;
  mood: (body: ChatBody) => Mood;
  hold: (call: CountedCall) => Promise<void>;
  /** Absent: of no two calls the same. */
  promptTokens: (() => number) | undefined;
  completionTokens: (() => number) | undefined;
  readonly #ledger: Ledger;
  #port = 0;
  readonly #server = createServer((req, res) => void this.#serve(req, res));

  private constructor({ name, ledger, mood = () => 'well', hold = async () => {} }: CountedProviderOptions) {
    this.name = name;
    this.mood = mood;
    this.hold = hold;
    this.#ledger = ledger;
  }

  static async start(options: CountedProviderOptions): Promise<CountedProvider> {
    const provider = new CountedProvider(options);
    await new Promise<void>((resolve, reject) => {
      provider.#server.once('error', reject);
      provider.#server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    provider.#port = (provider.#server.address() as AddressInfo).port;
    return provider;
  }

  /** Known after its end too. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    if (req.method === 'GET') return sendJson(res, { object: 'list', data: [] });
    const body: ChatBody = JSON.parse(Buffer.concat(chunks).toString());
    const call = this.#ledger.open({
      provider: this.name,
      requestId: String(req.headers['x-request-id']),
      question: lastUserText(body),
      stream: body.stream === true,
      mood: this.mood(body),
      promptTokens: this.promptTokens?.(),
      completionTokens: this.completionTokens?.(),
    });
    res.on('close', () => {
      if (call.state === 'asked') call.state = 'left';
    });
    await this.hold(call);
    if (!res.destroyed) answer(call, body, res);
  }
}

function answer(call: CountedCall, body: ChatBody, res: ServerResponse): void {
  if (call.mood === 'limited') refuse(call, res, 429);
  else if (call.mood === 'limited-for-a-second') refuse(call, res, 429, { 'retry-after': '1' });
  else if (call.mood === 'failing') refuse(call, res, 500);
  else if (call.mood === 'cut-before-head') cut(call, res);
  else if (call.mood !== 'silent') begin(call, body, res);
}

function refuse(call: CountedCall, res: ServerResponse, status: 429 | 500, headers: Record<string, string> = {}): void {
  call.state = 'refused';
  const error = { message: `${call.provider} will not`, type: 'server_error', param: null, code: null };
  sendJson(res, { error }, status, headers);
}

function cut(call: CountedCall, res: ServerResponse): void {
  call.state = 'cut';
  res.destroy();
}

function begin(call: CountedCall, body: ChatBody, res: ServerResponse): void {
  const pieces = call.stream ? eventsOf(call, body) : [jsonOf(call, body)];
  if (call.stream) sseHead(res);
  else
    res.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(pieces[0] as string),
    });
  if (call.mood === 'cut-at-head') {
    res.flushHeaders();
    setImmediate(cut, call, res);
    return;
  }
  const stopAfter = call.mood === 'cut-in-body' ? Math.ceil(pieces.length / 2) : pieces.length;
  let at = 0;
  // One event per turn, as tokens come.
  const next = (): void => {
    if (res.destroyed) return;
    const piece = pieces[at++] as string;
    if (call.mood === 'cut-in-body' && at === stopAfter) {
      res.write(piece.slice(0, Math.ceil(piece.length / 2)), () => cut(call, res));
    } else if (at < pieces.length) {
      res.write(piece);
      setImmediate(next);
    } else {
      call.state = 'whole';
      res.end(piece);
    }
  };
  next();
}

const usageOf = ({ promptTokens, completionTokens }: CountedCall) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});

function jsonOf(call: CountedCall, { model }: ChatBody): string {
  const message = { role: 'assistant', content: answerOf(call), refusal: null };
  return JSON.stringify({
    ...{ id: `chatcmpl-${call.serial}`, object: 'chat.completion', created: 1_700_000_000, model },
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: usageOf(call),
  });
}

function eventsOf(call: CountedCall, { model, stream_options }: ChatBody): string[] {
  const head = { id: `chatcmpl-${call.serial}`, object: 'chat.completion.chunk', created: 1_700_000_000, model };
  const event = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const text = answerOf(call);
  const events = [event({ role: 'assistant', content: '' }, null)];
  for (let at = 0; at < text.length; at += 12) events.push(event({ content: text.slice(at, at + 12) }, null));
  events.push(event({}, 'stop'));
  if (stream_options?.include_usage === true)
    events.push(`data: ${JSON.stringify({ ...head, choices: [], usage: usageOf(call) })}\n\n`);
  events.push('data: [DONE]\n\n');
  return events;
}
