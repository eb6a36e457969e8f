import { request } from 'undici';

export const ADMIN_TOKEN = 'test-admin-token';
/** A busy machine must not turn a look-up into a miss: what a test asks for is what is there. */
export const PATIENT = 'cache: { lookupTimeoutMs: 5000 }\n';

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  readonly json: any;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Requests to a running gateway, wherever it runs. */
export abstract class GatewayClient {
  abstract get url(): string;

  async send(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await request(`${this.url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
      text,
      get json() {
        return JSON.parse(text);
      },
    };
  }

  /** A question in a body of its own; `more` goes into the body. */
  ask(question: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send(
      'POST',
      '/v1/chat/completions',
      { model: 'm', messages: [{ role: 'user', content: question }], ...more },
      headers,
    );
  }

  admin(method: Method, path: string, body?: unknown): Promise<Reply> {
    return this.send(method, `/admin/v1${path}`, body, { authorization: `Bearer ${ADMIN_TOKEN}` });
  }

  async flush(): Promise<void> {
    const { status, text } = await this.admin('POST', '/flush');
    if (status >= 300) throw new Error(`flush: ${status} ${text}`);
  }

  /** Every stored entry, newest first. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  async entries(): Promise<any[]> {
    const entries = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const { json } = await this.admin('GET', `/entries?limit=1000&cursor=${cursor}`);
      entries.push(...json.entries);
      cursor = json.cursor;
    }
    return entries;
  }

  /** A gauge or an unlabelled counter of /metrics. */
  async metric(name: string): Promise<number> {
    const { text } = await this.send('GET', '/metrics');
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    if (line === undefined) throw new Error(`no metric ${name}`);
    return Number(line.slice(name.length + 1));
  }
}

export const cacheOf = ({ headers }: Reply) => ({
  cache: headers['x-nearhit-cache'],
  layer: headers['x-nearhit-layer'],
  reason: headers['x-nearhit-reason'],
});
