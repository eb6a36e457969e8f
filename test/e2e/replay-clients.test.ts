import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ChatOpenAI } from '@langchain/openai';
import { NearhitError, renderSse, sseError } from '@nearhit/core';
import { streamText } from 'ai';
import OpenAI from 'openai';
import { RECORDED_STREAMS, recordedStream } from '../../packages/core/fixtures/recorded.ts';
import { assembleStream } from '../../packages/core/src/reply/assemble.ts';

/** What real clients make of a replayed stream and of a stream that ends in an error. */

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Answers every request with these bytes as an event stream; gives the base URL. */
async function serve(body: Buffer): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

function replayOf(body: Buffer): Buffer {
  const read = assembleStream(body);
  if (read.kind === 'incomplete') throw new Error(read.why);
  return Buffer.concat(renderSse(Buffer.from(JSON.stringify(read.answer)), { includeUsage: true }));
}

const messages = [{ role: 'user' as const, content: 'What is the capital of Denmark?' }];

function openaiStream(baseURL: string) {
  const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
  return client.chat.completions.stream({ model: 'm', messages, stream_options: { include_usage: true } });
}

function aiStream(baseURL: string) {
  const model = createOpenAICompatible({ name: 'nearhit', baseURL, includeUsage: true })('m');
  return streamText({ model, messages, maxRetries: 0, onError: () => {} });
}

function langchain(baseURL: string): ChatOpenAI {
  const fields = { model: 'm', apiKey: 'none', maxRetries: 0, configuration: { baseURL } };
  return new ChatOpenAI({ ...fields, streamUsage: true });
}

/** What the ai package saw: text, reasoning, tool calls, tokens and how it ended. */
async function throughAi(body: Buffer) {
  const result = aiStream(await serve(body));
  const [text, reasoningText, toolCalls, usage, finishReason] = await Promise.all([
    result.text,
    result.reasoningText,
    result.toolCalls,
    result.usage,
    result.finishReason,
  ]);
  const calls = toolCalls.map(({ toolCallId, toolName, input }) => ({ toolCallId, toolName, input }));
  return { text, reasoningText, calls, usage, finishReason };
}

async function throughLangchain(body: Buffer) {
  const model = langchain(await serve(body));
  let text = '';
  const calls: Record<number, string> = {};
  for await (const chunk of await model.stream('What is the capital of Denmark?')) {
    text += chunk.text;
    for (const { index = 0, name, args, id } of chunk.tool_call_chunks ?? []) {
      calls[index] = (calls[index] ?? '') + [id, name, args].filter(Boolean).join('');
    }
  }
  return { text, calls: Object.values(calls) };
}

describe.each(RECORDED_STREAMS)('the replay of %s is to a client what the original was', (name) => {
  const original = recordedStream(name);
  // The clients wait for a blank line after [DONE] that one recording lacks.
  const whole = Buffer.concat([original, Buffer.from('\n\n')]);
  const replay = replayOf(original);

  it('openai', async () => {
    const read = async (body: Buffer) => openaiStream(await serve(body)).finalChatCompletion();
    // The openai client fails on calls that are numbered from 1; the replay, which starts at 0, it can read.
    const expected = await read(
      Buffer.from(whole.toString().replaceAll('"tool_calls":[{"index":1', '"tool_calls":[{"index":0')),
    );
    const got = await read(replay);
    expect(got.choices.map((choice) => choice.message.content)).toEqual(
      expected.choices.map((choice) => choice.message.content || null),
    );
    expect(got.choices[0]?.message.tool_calls).toEqual(expected.choices[0]?.message.tool_calls);
    expect(got.choices[0]?.finish_reason).toBe(expected.choices[0]?.finish_reason);
    expect(got.usage).toEqual(expected.usage);
  });

  it('ai', async () => {
    const expected = await throughAi(whole);
    expect(await throughAi(replay)).toEqual(expected);
  });

  it('langchain', async () => {
    const expected = await throughLangchain(whole);
    expect(await throughLangchain(replay)).toEqual(expected);
  });
});

describe('a stream that ends in sseError() makes the client throw', () => {
  const begun = recordedStream('vercel-ai_openai-text.chunks.txt').subarray(0, 20_000);
  const cut = begun.subarray(0, begun.lastIndexOf('\n\n') + 2);
  const body = Buffer.concat([cut, sseError(new NearhitError('UPSTREAM_ENDED_EARLY', 'The provider hung up.'))]);

  it('openai', async () => {
    const client = new OpenAI({ baseURL: await serve(body), apiKey: 'none', maxRetries: 0 });
    const read = async () => {
      let text = '';
      for await (const chunk of await client.chat.completions.create({ model: 'm', messages, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
      return text;
    };
    await expect(read()).rejects.toMatchObject({ code: 'upstream_ended_early', message: /The provider hung up\./ });
  });

  it('openai .stream()', async () => {
    await expect(openaiStream(await serve(body)).finalChatCompletion()).rejects.toThrow('The provider hung up.');
  });

  it('ai', async () => {
    const parts = [];
    for await (const part of aiStream(await serve(body)).fullStream) parts.push(part);
    expect(parts.filter((part) => part.type === 'error')).toEqual([
      { type: 'error', error: expect.objectContaining({ message: 'The provider hung up.' }) },
    ]);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: 'error' });
  });

  it('langchain', async () => {
    await expect(throughLangchain(body)).rejects.toThrow('The provider hung up.');
  });
});
