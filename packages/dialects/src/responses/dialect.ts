import { isObject, type NearhitError } from '@nearhit/core';
import { deltasOf, readAnswer } from '../chat/answer.ts';
import { faultOf } from '../chat/fault.ts';
import type { FrontDialect, FrontReplies } from '../front.ts';
import { EventStream } from '../front-stream.ts';
import { ResponseEvents } from './events.ts';
import { bareId, responseObject, responseUsage, stateOf } from './object.ts';
import { readResponses } from './request.ts';
import type { ResponsesRequest } from './request-schema.ts';
import { ItemWriter } from './writer.ts';

const nobodyListens = (): void => {};

/** A whole answer as a response object. */
function whole(request: ResponsesRequest, bytes: Buffer): Buffer {
  const { answer, choice, message } = readAnswer(bytes);
  const writer = new ItemWriter(bareId(answer.id), nobodyListens);
  const state = stateOf(choice);
  for (const delta of deltasOf(message)) {
    writer.add(delta);
    writer.tokens(choice.logprobs);
  }
  writer.end(state.status === 'completed');
  const said = { output: writer.output, usage: responseUsage(answer.usage) };
  return Buffer.from(JSON.stringify(responseObject(request, answer, state, said)));
}

function replay(request: ResponsesRequest, bytes: Buffer): Buffer {
  const { answer, choice, message } = readAnswer(bytes);
  const events = new ResponseEvents(request);
  events.begin(answer);
  for (const delta of deltasOf(message)) {
    events.add(delta);
    events.tokens(choice.logprobs);
  }
  events.finish(choice, answer.usage);
  return events.take();
}

/** OpenAI's error object. What a provider said in this shape goes on as it is. */
function error(failure: NearhitError | Buffer, status: number): Buffer {
  if (Buffer.isBuffer(failure) && isErrorBody(failure)) return failure;
  return Buffer.from(JSON.stringify({ error: faultOf(failure, status) }));
}

function isErrorBody(body: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) && isObject(value.error) && typeof value.error.message === 'string';
  } catch {
    return false;
  }
}

const repliesTo = (request: ResponsesRequest): FrontReplies => ({
  whole: (answer) => whole(request, answer),
  replay: (answer) => replay(request, answer),
  stream: () => new EventStream(new ResponseEvents(request)),
  error,
});

/** OpenAI's Responses API, as far as it needs no memory of earlier ones. */
export const responsesDialect: FrontDialect = {
  name: 'responses',
  read(body) {
    const { request, chat } = readResponses(body);
    return { body: chat, stream: request.stream === true, replies: repliesTo(request) };
  },
  error,
};
