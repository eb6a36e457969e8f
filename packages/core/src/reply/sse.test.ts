import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RECORDED_STREAMS, recordedStream } from '../../fixtures/recorded.ts';
import { NearhitError } from '../errors.ts';
import { type SseEvent, SseParser, splitSse, sseError } from './sse.ts';

function split(text: string): SseEvent[] {
  return splitSse(Buffer.from(text));
}

function inParts(parts: readonly Uint8Array[]): SseEvent[] {
  const parser = new SseParser();
  return parts.flatMap((part) => parser.push(part));
}

const AWKWARD = Buffer.from(
  '\uFEFF: hello\r\n\r\ndata: {"a":"grüße 🎉 日本"}\r\n\r\nevent: error\rdata:x\rdata: y\r\rdata\n\ndata:\ndata:\n\nid: 7\nretry: 5\ndata:  two\n\ndata: cut off',
);
const AWKWARD_EVENTS = [
  { data: '{"a":"grüße 🎉 日本"}' },
  { data: 'x\ny', event: 'error' },
  { data: '\n' },
  { data: ' two' },
];

describe('splitSse', () => {
  it('reads fields as the standard says', () => {
    expect(splitSse(AWKWARD)).toEqual(AWKWARD_EVENTS);
  });

  it('takes LF, CRLF and CR for the same', () => {
    const lines = ['event: a', 'data: 1', 'data: 2', '', ':ping', '', 'data: 3', '', ''];
    const expected = [{ data: '1\n2', event: 'a' }, { data: '3' }];
    for (const end of ['\n', '\r\n', '\r']) expect(split(lines.join(end))).toEqual(expected);
  });

  it('forgets the event type after each event', () => {
    expect(split('event: a\n\ndata: 1\n\n')).toEqual([{ data: '1' }]);
  });

  it('gives what the end cut off to those who ask', () => {
    const parser = new SseParser();
    expect(parser.push(Buffer.from('data: 1\n\ndata: 2\n'))).toEqual([{ data: '1' }]);
    expect(parser.end()).toEqual({ data: '2' });
    expect(new SseParser().end()).toBeUndefined();
  });

  it('reads the same events wherever the bytes are cut', () => {
    for (let at = 0; at <= AWKWARD.length; at += 1) {
      expect(inParts([AWKWARD.subarray(0, at), AWKWARD.subarray(at)])).toEqual(AWKWARD_EVENTS);
    }
    expect(inParts([...AWKWARD].map((byte) => Buffer.of(byte)))).toEqual(AWKWARD_EVENTS);
  });

  it.each(RECORDED_STREAMS)('reads %s byte by byte as in one piece', (name) => {
    const bytes = recordedStream(name);
    const whole = splitSse(bytes);
    expect(whole.length).toBeGreaterThan(5);
    expect(inParts([...bytes].map((byte) => Buffer.of(byte)))).toEqual(whole);
  });

  it('reads arbitrary bytes the same in parts as in one piece', () => {
    const line = fc.constantFrom('data: x', 'data', 'event: e', ':', '', '\uFEFFdata: b', 'data: é🎉');
    const text = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')))
      .map((lines) => Buffer.from(lines.flat().join('')));
    const bytes = fc.oneof(
      text,
      fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array)),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(80), { maxLength: 6 }), (all, cuts) => {
        const ends = [...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
        const parts = ends.map((end, i) => all.subarray(ends[i - 1] ?? 0, end));
        expect(inParts(parts)).toEqual(splitSse(all));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('sseError', () => {
  it('is an error event with an error object in OpenAI’s shape', () => {
    const events = splitSse(sseError(new NearhitError('UPSTREAM_ENDED_EARLY', 'The provider hung up\nmid-stream')));
    expect(events).toHaveLength(1);
    expect(events[0]?.event).toBe('error');
    expect(JSON.parse(events[0]?.data ?? '')).toEqual({
      error: {
        message: 'The provider hung up\nmid-stream',
        type: 'upstream_error',
        param: null,
        code: 'upstream_ended_early',
      },
    });
  });
});
