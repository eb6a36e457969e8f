/** One server-sent event. `event` is `message` where the stream names none. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Takes the stream in pieces, however they are cut, and gives the events that are complete. WHATWG HTML, 9.2.6. */
export function createSseParser(): (piece: string) => ServerEvent[] {
  let rest = '';
  let fields: { event: string; data: string[]; id: string | undefined } = { event: '', data: [], id: undefined };
  const flush = (): ServerEvent | undefined => {
    const { event, data, id } = fields;
    fields = { event: '', data: [], id };
    return data.length === 0 ? undefined : { event: event === '' ? 'message' : event, data: data.join('\n'), id };
  };
  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    return lines.flatMap((line) => {
      if (line === '') return flush() ?? [];
      readLine(line, fields);
      return [];
    });
  };
}

function readLine(line: string, fields: { event: string; data: string[]; id: string | undefined }): void {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const name = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'event') fields.event = value;
  else if (name === 'data') fields.data.push(value);
  else if (name === 'id') fields.id = value;
}

/** Events of an answer's body until it ends. Rejects when it is cut off, or aborted. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent[]> {
  const parse = createSseParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = parse(decoder.decode(value, { stream: true }));
      if (events.length > 0) yield events;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
