import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSseParser, readEvents, type ServerEvent } from './sse.ts';

const STREAM = [
  ': hello\n\n',
  'event: stats\ndata: {"a":1}\n\n',
  'id: 7\nevent: decision\ndata: one\ndata: two\n\n',
  'data: é\r\n\r\n',
  'event: empty\n\n',
  'data: last\n\n',
].join('');
const EVENTS: ServerEvent[] = [
  { event: 'stats', data: '{"a":1}', id: undefined },
  { event: 'decision', data: 'one\ntwo', id: '7' },
  { event: 'message', data: 'é', id: '7' },
  { event: 'message', data: 'last', id: '7' },
];

describe('server-sent events', () => {
  test('are the same however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length })), (cuts) => {
        const parse = createSseParser();
        const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const events = places.slice(1).flatMap((end, at) => parse(STREAM.slice(places[at], end)));
        expect(events).toEqual(EVENTS);
      }),
    );
  });

  test('are read off a body, characters that are cut in two included', async () => {
    const bytes = new TextEncoder().encode(STREAM);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const events: ServerEvent[] = [];
    for await (const some of readEvents(body)) events.push(...some);
    expect(events).toEqual(EVENTS);
  });

  test('what is no whole event yet is none', () => {
    expect(createSseParser()('event: stats\ndata: {}\n')).toEqual([]);
  });
});
