import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a passage may hold. Short ones are found more exactly, long ones say more. */
const PASSAGE_CHARS = 400;
const PASSAGES = 3;
/** A passage this much below the best one is about something else. */
const WORSE_BY = 0.15;

/**
 * A retrieval-augmented pipeline on nothing but a gateway: passages and questions are embedded by its local model, and
 * answers come from its chat completions, with `nearhit.query` and `nearhit.context` beside each request.
 */
export class Rag {
  #url;
  #headers;
  #folder;
  #model;
  #namespace;
  #passages = [];

  /** `url`: of the gateway. `folder`: Markdown files whose first line is `version: <number>`. */
  constructor({ url, apiKey, folder, model = 'demo', namespace = 'rag-example' }) {
    this.#url = url;
    this.#headers = { 'content-type': 'application/json', ...(apiKey && { authorization: `Bearer ${apiKey}` }) };
    this.#folder = folder;
    this.#model = model;
    this.#namespace = namespace;
  }

  /** Reads and embeds all documents; again after they have changed. Answers their versions by id. */
  async index() {
    const documents = readdirSync(this.#folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => readDocument(join(this.#folder, name), name.slice(0, -'.md'.length)));
    const passages = documents.flatMap(({ id, version, text }) =>
      passagesOf(text).map((passage) => ({ id, version, text: passage })),
    );
    const vectors = await this.#embed(passages.map(({ text }) => text));
    this.#passages = passages.map((passage, at) => ({ ...passage, vector: vectors[at] }));
    return Object.fromEntries(documents.map(({ id, version }) => [id, version]));
  }

  /** The answer, which documents it rests on, and where it came from. */
  async ask(question) {
    const found = await this.#retrieve(question);
    const context = [...new Map(found.map(({ id, version }) => [id, { id, version }])).values()];
    const passages = found.map(({ id, text }) => `[${id}] ${text}`).join('\n\n');
    const prompt = `Answer from these passages alone:\n\n${passages}\n\nQuestion: ${question}`;
    const { body, headers } = await this.#post('/v1/chat/completions', {
      model: this.#model,
      messages: [{ role: 'user', content: prompt }],
      nearhit: { namespace: this.#namespace, query: question, context, tags: context.map(({ id }) => `doc:${id}`) },
    });
    return {
      answer: body.choices[0].message.content,
      documents: context.map(({ id, version }) => `${id}@${version}`),
      cache: headers.get('x-nearhit-cache'),
      layer: headers.get('x-nearhit-layer') ?? undefined,
      reason: headers.get('x-nearhit-reason') ?? undefined,
    };
  }

  /** Vectors have length 1: their product is the cosine. */
  async #retrieve(question) {
    const [vector] = await this.#embed([question]);
    const cosine = (other) => other.reduce((sum, value, at) => sum + value * vector[at], 0);
    const ranked = this.#passages.map((passage) => ({ ...passage, score: cosine(passage.vector) }));
    ranked.sort((a, b) => b.score - a.score);
    const best = ranked[0]?.score ?? 0;
    return ranked.slice(0, PASSAGES).filter(({ score }) => score >= best - WORSE_BY);
  }

  async #embed(input) {
    const { body } = await this.#post('/v1/embeddings', { model: 'all-MiniLM-L6-v2', input });
    return body.data.map(({ embedding }) => embedding);
  }

  async #post(path, body) {
    const reply = await fetch(this.#url + path, {
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify(body),
    });
    const answer = await reply.json();
    if (!reply.ok) throw new Error(`${path}: ${answer.error?.message ?? reply.status}`);
    return { body: answer, headers: reply.headers };
  }
}

function readDocument(file, id) {
  const [head = '', ...lines] = readFileSync(file, 'utf8').split('\n');
  const version = Number(/^version: (\d+)$/.exec(head)?.[1]);
  if (Number.isNaN(version)) throw new Error(`${file}: the first line must be 'version: <number>'`);
  return { id, version, text: lines.join('\n') };
}

/** Paragraphs, the heading before each, joined while they fit. */
function passagesOf(text) {
  const parts = text.split(/\n\s*\n/).map((part) => part.replace(/\s+/g, ' ').trim());
  const title = parts.find((part) => part.startsWith('#'))?.replace(/^#+ /, '') ?? '';
  const passages = [];
  for (const part of parts.filter((each) => each !== '' && !each.startsWith('#'))) {
    const last = passages.at(-1);
    if (last !== undefined && last.length + part.length < PASSAGE_CHARS)
      passages[passages.length - 1] = `${last} ${part}`;
    else passages.push(`${title}: ${part}`);
  }
  return passages;
}
