import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReplyEdges } from './reply-edges.ts';
import { promptTokensOf, usageOf } from './usage.ts';

const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const COUNTED = { promptTokens: 7, completionTokens: 5 };
const event = (body: object) => `data: ${JSON.stringify(body)}\n\n`;

/** Kept whole, and in pieces that pass by. */
const readings = (text: string, pieceLength = 1000) => {
  const bytes = Buffer.from(text);
  const passing = new ReplyEdges();
  for (let at = 0; at < bytes.length; at += pieceLength) passing.push(bytes.subarray(at, at + pieceLength));
  return [ReplyEdges.of(bytes), passing];
};

describe('usage in a stream', () => {
  const text = event({ choices: [{ delta: { content: 'x'.repeat(500) } }], usage: null });
  const inStream = (body: string) => readings(body).map((edges) => edges.inStream(usageOf));

  it('is found at its end, however long it is and however its lines end', () => {
    for (const length of [0, 1, 7, 8, 9, 100]) {
      const body = `${text.repeat(length)}${event({ choices: [], usage: USAGE })}data: [DONE]\n\n`;
      expect(inStream(body)).toEqual([COUNTED, COUNTED]);
      expect(inStream(body.replaceAll('\n', '\r\n'))).toEqual([COUNTED, COUNTED]);
    }
  });

  it('is the last that was told whole', () => {
    const first = event({ usage: { ...USAGE, completion_tokens: 1, total_tokens: 8 } });
    const cut = event({ usage: USAGE }).slice(0, 60);
    expect(inStream(first + text + event({ usage: USAGE }))).toEqual([COUNTED, COUNTED]);
    expect(inStream(first + cut)[0]).toEqual({ promptTokens: 7, completionTokens: 1 });
    // What it began with says nothing of what came since.
    expect(inStream(first + text.repeat(20))).toEqual([undefined, undefined]);
  });

  it.each([
    '',
    'data: [DONE]\n\n',
    text.repeat(20),
    'data: {"usage":',
    'data: "usage"\n\n',
    'data: null "usage"',
    event({ choices: [{ delta: { content: JSON.stringify({ usage: USAGE }) } }] }),
  ])('is not told (%#)', (body) => {
    expect(inStream(body)).toEqual([undefined, undefined]);
  });
});

describe('usage in JSON', () => {
  const filling = { data: Array.from({ length: 4000 }, (_, n) => n) };
  const nested = { ...USAGE, vendor: { '}': '"usage": {\\' }, prompt_tokens_details: { cached_tokens: 4 } };

  it('is found before and behind all else, whatever stands in it', () => {
    for (const body of [{ usage: nested, ...filling }, { ...filling, usage: nested, id: 'x' }, { usage: nested }])
      for (const pieces of [1, 7, 5000, 100_000])
        for (const edges of readings(JSON.stringify(body, null, 1), pieces))
          expect(edges.inJson(usageOf)).toEqual({ ...COUNTED, cachedPromptTokens: 4 });
  });

  it('is of an embedding what was read', () => {
    for (const edges of readings(JSON.stringify({ ...filling, usage: { prompt_tokens: 9 } })))
      expect([edges.inJson(promptTokensOf), edges.inJson(usageOf)]).toEqual([9, undefined]);
  });

  it('is what a parse of the whole would tell, and nothing can break it', () => {
    const value = fc.oneof(fc.constantFrom('"usage": {}', '\\', '"', '}', '{"usage":'), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(value), fc.boolean(), fc.nat(), (others, last, cut) => {
        const body = last ? { others, usage: USAGE } : { usage: USAGE, others };
        const text = JSON.stringify(body);
        expect(ReplyEdges.of(Buffer.from(text)).inJson(usageOf)).toEqual(COUNTED);
        const found = ReplyEdges.of(Buffer.from(text.slice(cut % text.length))).inJson(usageOf);
        expect([undefined, COUNTED]).toContainEqual(found);
      }),
    );
  });
});
