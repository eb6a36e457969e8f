import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { RECORDED_STREAMS, recordedStream } from '../../packages/core/fixtures/recorded.ts';
import { assembleStream } from '../../packages/core/src/reply/assemble.ts';

import { cacheOf } from '../support/client.ts';
import { describeEmbedded } from '../support/room.ts';

function assembled(body: Buffer | string) {
  const read = assembleStream(Buffer.from(body));
  if (read.kind === 'incomplete') throw new Error(read.why);
  return read.answer;
}

describeEmbedded((t) => {
  /** Gives the recording out in pieces that respect no boundary. */
  function replaying(bytes: Buffer, pieceBytes: number): void {
    t.upstream.script = async (_call, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        res.write(bytes.subarray(at, at + pieceBytes));
        await new Promise((resolve) => setImmediate(resolve));
      }
      res.end();
    };
  }

  const STREAMING = { stream: true, stream_options: { include_usage: true } };
  const questionOf = (name: string, pieceBytes: number) => `${name} in pieces of ${pieceBytes}`;

  /** One recording carries no usage: there the stored answer has an estimate, so that accounts and clients have one. */
  function expectedOf(name: string) {
    const answer = assembled(recordedStream(name));
    return 'usage' in answer
      ? answer
      : { ...answer, usage: expect.objectContaining({ total_tokens: expect.any(Number) }) };
  }

  async function expectNothingLost(name: string, pieceBytes: number, layer: string): Promise<void> {
    const json = await t.gateway.ask(questionOf(name, pieceBytes));
    expect(cacheOf(json)).toMatchObject({ cache: 'hit', layer });
    expect(json.json).toEqual(expectedOf(name));
    const streamed = await t.gateway.ask(questionOf(name, pieceBytes), STREAMING);
    expect(cacheOf(streamed).cache).toBe('hit');
    expect(assembled(streamed.text)).toEqual(expectedOf(name));
  }

  const PIECES = [7919, 211];

  describe.each(RECORDED_STREAMS)('%s', (name) => {
    test.each(PIECES)('byte for byte on the miss; nothing is lost on hits (pieces of %i bytes)', async (size) => {
      replaying(recordedStream(name), size);
      const miss = await t.gateway.ask(questionOf(name, size), STREAMING);
      expect(cacheOf(miss).cache).toBe('miss');
      expect(Buffer.from(miss.text).equals(recordedStream(name))).toBe(true);
      await expectNothingLost(name, size, 'l1');
      expect(t.upstream.calls).toHaveLength(1);
    });

    test('the openai client reads the replay as it reads the whole', async () => {
      replaying(recordedStream(name), 4096);
      const question = `${name} for the client`;
      await t.gateway.ask(question, STREAMING);
      const client = new OpenAI({ baseURL: `${t.gateway.url}/v1`, apiKey: 'sk-client', maxRetries: 0 });
      const messages = [{ role: 'user' as const, content: question }];
      const whole = await client.chat.completions.create({ model: 'm', messages });
      const streamed = await client.chat.completions
        .stream({ model: 'm', messages, stream_options: { include_usage: true } })
        .finalChatCompletion();
      const said = ({ choices: [choice], usage }: OpenAI.ChatCompletion) => ({
        content: choice?.message.content,
        calls: (choice?.message.tool_calls ?? []).map((call) => [
          call.id,
          'function' in call && call.function.arguments,
        ]),
        finish: choice?.finish_reason,
        usage,
      });
      expect(said(streamed)).toEqual(said(whole));
      expect(t.upstream.calls).toHaveLength(1);
    });
  });

  test('from the store nothing is lost either', async () => {
    await t.gateway.afresh();
    for (const name of RECORDED_STREAMS) {
      for (const size of PIECES) await expectNothingLost(name, size, 'l2');
    }
    expect(t.upstream.calls).toHaveLength(0);
  });
});
