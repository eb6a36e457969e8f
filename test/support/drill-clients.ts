import { type Dispatcher, Pool } from 'undici';
import { assembleStream } from '../../packages/core/src/reply/assemble.ts';

/** A bigger run of the same: `node test/drills/run.mjs`. */
const SCALE = Number(process.env.NEARHIT_DRILL_SCALE ?? 1);
export const scaled = (count: number): number => Math.ceil(count * SCALE);
export const DRILL_SEED = Number(process.env.NEARHIT_DRILL_SEED ?? Date.now() % 1_000_000);

/** What a bigger run counted, for people; a run among the tests keeps quiet. */
export function tell(drill: string, counted: object): void {
  if (process.env.NEARHIT_DRILL_SCALE === undefined) return;
  process.stderr.write(`${drill}: ${JSON.stringify({ seed: DRILL_SEED, ...counted })}\n`);
}

const LOST_PAUSE_MS = 100;

export interface Question {
  readonly requestId: string;
  readonly text: string;
  readonly stream: boolean;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Beside model, messages and stream. */
  readonly body?: object | undefined;
}

/** What one client got. */
export interface Got extends Question {
  /**
   * `answered`: a whole completion. `refused`: an error with a status. `broken`: a stream that ended in an error event.
   * `lost`: no reply, or one that ends without saying so.
   */
  readonly kind: 'answered' | 'refused' | 'broken' | 'lost';
  /** 0: none. */
  readonly status: number;
  readonly replyHeaders: Readonly<Record<string, string | undefined>>;
  /** Of a whole completion. */
  readonly content?: string | undefined;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | undefined;
  /** What came instead of a completion, its first 500 characters. */
  readonly instead?: string | undefined;
}

/** So many clients, one connection each, that ask one question after the other. */
export class DrillClients {
  readonly got: Got[] = [];
  readonly #pools: Pool[];
  readonly #count: number;

  /** In turn over `urls`. */
  constructor(urls: readonly string[], count: number) {
    this.#count = count;
    this.#pools = urls.map((url) => new Pool(url, { connections: count, headersTimeout: 60_000, bodyTimeout: 60_000 }));
  }

  /** Resolves when all questions are answered, one way or the other. */
  async ask(questions: Iterable<Question>): Promise<void> {
    const left = questions[Symbol.iterator]();
    const client = async (number: number) => {
      for (let next = left.next(); next.done !== true; next = left.next()) {
        const got = await askOne(this.#pools[number % this.#pools.length] as Pool, next.value);
        this.got.push(got);
        // As SDKs do, and lest one whose gateway is away asks all the questions.
        if (got.kind === 'lost') await new Promise((resolve) => setTimeout(resolve, LOST_PAUSE_MS));
      }
    };
    await Promise.all(Array.from({ length: this.#count }, (_, number) => client(number)));
  }

  of(kind: Got['kind']): Got[] {
    return this.got.filter((one) => one.kind === kind);
  }

  /** Outcomes and how often, for people. */
  tally(): Record<string, number> {
    const tally: Record<string, number> = {};
    for (const { kind, status } of this.got) tally[`${kind} ${status}`] = (tally[`${kind} ${status}`] ?? 0) + 1;
    return tally;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }
}

async function askOne(pool: Pool, question: Question): Promise<Got> {
  const { requestId, text, stream, headers, body } = question;
  const streaming = stream ? { stream, stream_options: { include_usage: true } } : {};
  try {
    const response = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', 'x-request-id': requestId, ...headers },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }], ...streaming, ...body }),
    });
    return await read(question, response);
  } catch (error) {
    return { ...question, kind: 'lost', status: 0, replyHeaders: {}, instead: String(error) };
  }
}

async function read(question: Question, { statusCode, headers, body }: Dispatcher.ResponseData): Promise<Got> {
  const common = { ...question, status: statusCode, replyHeaders: headers as Record<string, string> };
  // A body that is cut off rejects: the client can't take a part for the whole.
  const text = await body.text();
  const instead = text.slice(0, 500);
  if (statusCode !== 200) return { ...common, kind: 'refused', instead };
  if (!question.stream) {
    const { choices, usage } = JSON.parse(text);
    return { ...common, kind: 'answered', content: choices[0].message.content, usage };
  }
  const assembled = assembleStream(Buffer.from(text));
  if (assembled.kind !== 'complete')
    return { ...common, kind: assembled.why === 'error-event' ? 'broken' : 'lost', instead: text.slice(-500) };
  const { choices, usage } = assembled.answer as {
    choices: { message: { content?: unknown } }[];
    usage?: Got['usage'];
  };
  return { ...common, kind: 'answered', content: String(choices[0]?.message.content), usage };
}
