import { type ChatAnswer, type ChatChoice, canonicalAnswer, type JsonObject, without } from './answer.ts';
import { deltasOf } from './deltas.ts';

export interface RenderSseOptions {
  /** `stream_options.include_usage` of the request. Without effect on an answer that has no `usage`. */
  readonly includeUsage: boolean;
}

/** What a JSON client gets: the stored bytes. */
export function renderJson(answer: Buffer): Buffer {
  return answer;
}

const DONE = Buffer.from('data: [DONE]\n\n');

/**
 * A stored answer as the events of a stream, `[DONE]` included, one Buffer per event: `chat.completion.chunk` objects in
 * natural pieces, several choices taking turns. What `assembleStream` makes of them is the stored answer in its
 * canonical form (its usage only if `includeUsage`). Throws on bytes that are not a stored answer. Linear in its size.
 */
export function renderSse(answerBytes: Buffer, options: RenderSseOptions): Buffer[] {
  const answer = canonicalAnswer(JSON.parse(answerBytes.toString('utf8')) as ChatAnswer);
  const withUsage = options.includeUsage && answer.usage !== undefined;
  const write = chunkWriter(answer, withUsage);
  const events = takingTurns(answer.choices.map(choiceEvents)).map((choice, i) => write(choice, i === 0));
  if (withUsage) events.push(usageEvent(answer));
  events.push(DONE);
  return events;
}

/** Fields that OpenAI repeats on every chunk; what else an answer carries rides on the first. */
const HEAD_FIELDS = ['id', 'object', 'created', 'model', 'service_tier', 'system_fingerprint'];
const NOT_EXTRA: ReadonlySet<string> = new Set([...HEAD_FIELDS, 'choices', 'usage']);

/** `data: {"id":...,"system_fingerprint":...` without the closing brace. */
function eventHead(answer: ChatAnswer): string {
  const head: JsonObject = {};
  for (const field of HEAD_FIELDS) if (Object.hasOwn(answer, field)) head[field] = answer[field];
  head.object = 'chat.completion.chunk';
  return `data: ${JSON.stringify(head).slice(0, -1)}`;
}

function chunkWriter(answer: ChatAnswer, withUsage: boolean): (choice: string, first: boolean) => Buffer {
  const head = `${eventHead(answer)},"choices":[`;
  const tail = `${withUsage ? ',"usage":null' : ''}}\n\n`;
  const extras = JSON.stringify(without(answer, NOT_EXTRA)).slice(1, -1);
  const firstTail = extras === '' ? tail : `,${extras}${tail}`;
  return (choice, first) => Buffer.from(`${head}${choice}]${first ? firstTail : tail}`);
}

function usageEvent(answer: ChatAnswer): Buffer {
  return Buffer.from(`${eventHead(answer)},"choices":[],"usage":${JSON.stringify(answer.usage)}}\n\n`);
}

const NOT_CHOICE_EXTRA: ReadonlySet<string> = new Set(['index', 'message', 'logprobs', 'finish_reason']);

/** JSON of every `choices[0]` that this choice needs, in order; the last one has the finish reason. */
function choiceEvents(choice: ChatChoice): string[] {
  const index = JSON.stringify(choice.index);
  const events = deltasOf(choice).map(({ delta, logprobs }) => {
    const tokens = logprobs === undefined ? 'null' : JSON.stringify(logprobs);
    return `{"index":${index},"delta":${JSON.stringify(delta)},"logprobs":${tokens},"finish_reason":null}`;
  });
  const extras = JSON.stringify(without(choice, NOT_CHOICE_EXTRA)).slice(1, -1);
  const finish = `"finish_reason":${JSON.stringify(choice.finish_reason)}${extras === '' ? '' : `,${extras}`}`;
  events.push(`{"index":${index},"delta":{},"logprobs":null,${finish}}`);
  return events;
}

function takingTurns(lists: readonly string[][]): string[] {
  const turns: string[] = [];
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0);
  for (let turn = 0; turn < longest; turn += 1) {
    for (const list of lists) turns.push(...list.slice(turn, turn + 1));
  }
  return turns;
}
