import type { GatewayClient, Reply } from './client.ts';
import { isAnswerOn, questionOn, type Wording } from './subjects.ts';
import { until } from './until.ts';

type Kind = 'new' | 'repeat' | 'paraphrase';

/** One request and what became of it. */
export interface Asked {
  readonly kind: Kind;
  readonly subject: number;
  readonly wording: Wording;
  /** Of the clients that were given. */
  readonly replica: number;
  readonly stream: boolean;
  /** 0: no answer at all. */
  readonly status: number;
  readonly cache?: string | undefined;
  readonly layer?: string | undefined;
  readonly reason?: string | undefined;
  readonly overheadMs: number;
  /** What a client would complain about; absent: nothing. */
  readonly fault?: string | undefined;
}

export interface SteadyLoadOptions {
  readonly namespace: string;
  /** Default 10. */
  readonly perSecond?: number;
}

/** Nobody waits longer: that is a failed request. */
const ANSWER_MS_MAX = 30_000;
const MIX: readonly Kind[] = ['new', 'repeat', 'paraphrase', 'new', 'repeat'];

/**
 * So many requests per second, whether or not the earlier ones have been answered: new questions, exact repeats and
 * paraphrases, JSON and streams, in turn over all replicas. Every answer is checked to be the one to its question.
 */
export class SteadyLoad {
  readonly asked: Asked[] = [];
  readonly namespace: string;
  readonly #clients: readonly GatewayClient[];
  readonly #running = new Set<Promise<void>>();
  readonly #answered: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #turn = 0;
  #subjects = 0;

  private constructor(clients: readonly GatewayClient[], { namespace, perSecond = 10 }: SteadyLoadOptions) {
    this.#clients = clients;
    this.namespace = namespace;
    this.#timer = setInterval(() => this.#ask(), 1000 / perSecond);
  }

  static start(clients: readonly GatewayClient[], options: SteadyLoadOptions): SteadyLoad {
    return new SteadyLoad(clients, options);
  }

  /** What a client would complain about. */
  get faults(): Asked[] {
    return this.asked.filter(({ fault }) => fault !== undefined);
  }

  /** How many were answered so, of those after the first `from`. */
  count(wanted: Partial<Asked>, from = 0): number {
    const fields = Object.entries(wanted) as [keyof Asked, unknown][];
    return this.asked.slice(from).filter((one) => fields.every(([field, value]) => one[field] === value)).length;
  }

  /** Outcomes and how often, for people. */
  tally(from = 0): Record<string, number> {
    const tally: Record<string, number> = {};
    for (const { status, cache, layer, reason } of this.asked.slice(from)) {
      const name = [status, cache, layer, reason].filter((part) => part !== undefined).join(' ');
      tally[name] = (tally[name] ?? 0) + 1;
    }
    return tally;
  }

  /** Resolves when at least so many more of a kind have been answered. */
  async sees(count: number, wanted: Partial<Asked>, timeoutMs = 60_000): Promise<void> {
    const from = this.asked.length;
    try {
      await until(`${count} of ${JSON.stringify(wanted)}`, () => this.count(wanted, from) >= count, timeoutMs);
    } catch (error) {
      throw new Error(`${(error as Error).message}; there were ${JSON.stringify(this.tally(from))}`);
    }
  }

  /** Resolves when everything that was asked is answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  #ask(): void {
    const turn = this.#turn++;
    const replica = turn % this.#clients.length;
    const wanted = MIX[turn % MIX.length] as Kind;
    const kind = this.#answered.length === 0 ? 'new' : wanted;
    // Park & Miller, 1988: one after the other, and yet all over what was answered.
    const earlier = this.#answered[(turn * 48_271) % this.#answered.length] ?? 0;
    const subject = kind === 'new' ? this.#subjects++ : earlier;
    const wording = kind === 'paraphrase' ? 1 : 0;
    const question = { kind, subject, wording, replica, stream: Math.floor(turn / MIX.length) % 2 === 1 } as const;
    const running: Promise<void> = this.#send(question).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #send(question: Pick<Asked, 'kind' | 'subject' | 'wording' | 'replica' | 'stream'>) {
    const { subject, wording, stream } = question;
    const client = this.#clients[question.replica] as GatewayClient;
    const headers = { 'x-nearhit-namespace': this.namespace };
    const answer = client.ask(questionOn(subject, wording), { stream }, headers);
    const reply = await withinReason(answer).catch((error: Error) => String(error.cause ?? error));
    if (typeof reply === 'string') {
      this.asked.push({ ...question, status: 0, overheadMs: 0, fault: reply });
      return;
    }
    const { status, headers: got } = reply;
    const fault = status === 200 && isAnswerOn(subject, textOf(reply, stream)) ? undefined : reply.text.slice(0, 500);
    this.asked.push({
      ...{ ...question, status, fault },
      ...{ cache: got['x-nearhit-cache'], layer: got['x-nearhit-layer'], reason: got['x-nearhit-reason'] },
      overheadMs: Number(got['x-nearhit-overhead-ms']),
    });
    if (fault === undefined && question.kind === 'new') this.#answered.push(subject);
  }
}

async function withinReason(answer: Promise<Reply>): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS_MAX} ms`)), ANSWER_MS_MAX);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** What an answer says, put together where it is a stream; empty when it is not whole. */
export function textOf(reply: Reply, stream: boolean): string {
  try {
    if (!stream) return reply.json.choices[0].message.content;
    const events = reply.text.split('\n\n').filter((event) => event !== '');
    if (events.pop() !== 'data: [DONE]') return '';
    const chunks = events.map((event) => JSON.parse(event.slice('data: '.length)));
    return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  } catch {
    return '';
  }
}
