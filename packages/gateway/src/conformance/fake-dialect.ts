import type { JsonObject } from '@nearhit/core';
import type { OriginCall, OriginScript } from './origin.ts';

/** What a fake provider is to say, whatever its dialect. */
export interface Said {
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly args: JsonObject }[];
  readonly end?: 'stop' | 'length' | 'calls' | 'filtered';
  readonly usage?: {
    readonly input: number;
    readonly cached: number;
    readonly output: number;
    readonly thought: number;
  };
  /** Top-level fields that no dialect knows. */
  readonly extra?: JsonObject;
}

export const MODEL = 'gemini-2.5-flash';
export const HELLO: Said = { text: 'Hello 👋 there, Zoë.' };

/** What it heard, in common words. Lists are in the order of the conversation. */
export interface Heard {
  readonly model: string;
  readonly stream: boolean;
  readonly system: string;
  /** `user: Hello`, texts only. */
  readonly turns: readonly string[];
  /** `image/png <base64>` or a link. */
  readonly images: readonly string[];
  readonly calls: readonly { readonly name: string; readonly args: unknown }[];
  readonly results: readonly { readonly of: string; readonly text: string }[];
  readonly tools: readonly { readonly name: string; readonly properties: readonly string[] }[];
  /** `auto`, `none`, `required`, or the name of the one that must be called; undefined: nothing was said. */
  readonly toolChoice: string | undefined;
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly stop: readonly string[];
  readonly key: string | undefined;
  readonly body: JsonObject;
}

/** One provider's API as a fake origin speaks it. */
export interface FakeDialect {
  readonly kind: 'openai' | 'anthropic' | 'gemini' | 'azure-openai';
  /** Its reply reaches the client in the provider's own bytes. */
  readonly passes: boolean;
  /** Gives several choices for `n`. */
  readonly choices: boolean;
  whole(said: readonly Said[], model: string): JsonObject;
  /** Server-sent events, each with its blank line. */
  events(said: readonly Said[], model: string): string[];
  hear(call: OriginCall): Heard;
  refusal(status: number, message: string): JsonObject;
  /** An error in mid-stream. */
  breakdown(message: string): string;
  /** Path of a list of models, and what is on it. */
  readonly list: { readonly path: string; readonly body: JsonObject; readonly ids: readonly string[] };
}

/** An origin that says this, as JSON or as a stream of separate writes, as it is asked. */
export function saying(dialect: FakeDialect, said: Said | readonly Said[]): OriginScript {
  const list = Array.isArray(said) ? (said as readonly Said[]) : [said as Said];
  return (call, response) => {
    const { stream, model } = dialect.hear(call);
    if (!stream) {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(dialect.whole(list, model)));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const events = dialect.events(list, model);
    const next = (at: number): void => {
      const event = events[at];
      if (event === undefined) response.end();
      else response.write(event, () => setImmediate(next, at + 1));
    };
    next(0);
  };
}

/** In pieces of a few characters, as models write. */
export function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,6}/gu) ?? [];
}

export function bodyOf(call: OriginCall): JsonObject {
  return JSON.parse(call.body.toString('utf8')) as JsonObject;
}

export function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? (value as JsonObject[]) : [];
}

export const DEFAULT_USAGE = { input: 11, cached: 0, output: 7, thought: 0 };
