/** What a test asks of every SDK, whatever API that speaks. */
export interface PairingClient {
  readonly name: string;
  /** Takes the input's tokens from where a stream begins, when live ones do not have them yet. */
  readonly readsInputFirst?: boolean;
  ask(question: string): Promise<Told>;
  stream(question: string): Promise<Told>;
  /** Offers the tool `weather`, answers its call with `result`, and gives what is said then. */
  callTool(question: string, result: string): Promise<Called>;
  /** Of a question that is refused. */
  refused(question: string): Promise<Refused>;
}

export interface Told {
  readonly text: string;
  /** Tokens, those from the provider's prompt cache included. */
  readonly input: number | undefined;
  readonly output: number | undefined;
}

export interface Called {
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: unknown }[];
  readonly text: string;
}

export interface Refused {
  readonly status: number | undefined;
  readonly message: string;
}

export interface ClientSetup {
  /** Of the gateway, without `/v1`. */
  readonly url: string;
  readonly model: string;
  readonly headers: Record<string, string>;
  readonly fetch: typeof fetch;
}

export type MakeClient = (setup: ClientSetup) => PairingClient;

export const SYSTEM = 'You are a forecaster.';
export const TOOL = {
  name: 'weather',
  description: 'How it will be',
  parameters: {
    type: 'object' as const,
    properties: { town: { type: 'string' } },
    required: ['town'],
    additionalProperties: false,
  },
};
export const MAX_TOKENS = 2_000;
export const API_KEY = 'sk-client';

/** Of an SDK's error, wherever it keeps them. */
export async function refusal(asking: Promise<unknown>): Promise<Refused> {
  try {
    await asking;
  } catch (error) {
    const { status, statusCode, message } = error as { status?: number; statusCode?: number; message: string };
    return { status: status ?? statusCode, message };
  }
  throw new Error('it was answered');
}
