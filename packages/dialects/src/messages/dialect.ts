import type { NearhitError } from '@nearhit/core';
import { readAnswer } from '../chat/answer.ts';
import type { FrontDialect, FrontReplies } from '../front.ts';
import { EventStream } from '../front-stream.ts';
import { endingOf, messageId, messageUsage, nativeFields } from './answer.ts';
import { BlockList, BlockWriter } from './blocks.ts';
import { deltasInPlace } from './deltas.ts';
import { errorBody } from './error.ts';
import { MessageEvents } from './events.ts';
import { readMessages } from './request.ts';

/** A whole answer as Anthropic's Message object. */
function whole(bytes: Buffer): Buffer {
  const { answer, choice, message } = readAnswer(bytes);
  const list = new BlockList();
  const writer = new BlockWriter(list);
  for (const delta of deltasInPlace(message)) writer.add(delta);
  writer.end();
  const { id, model, usage, service_tier: tier } = answer;
  const said = { id: messageId(id), type: 'message', role: 'assistant', model: model ?? '', content: list.blocks };
  return Buffer.from(
    JSON.stringify({
      ...said,
      ...endingOf(choice, writer.called),
      usage: messageUsage(usage, tier),
      ...nativeFields(answer),
    }),
  );
}

function replay(bytes: Buffer): Buffer {
  const { answer, choice, message } = readAnswer(bytes);
  const events = new MessageEvents();
  events.begin(answer);
  for (const delta of deltasInPlace(message)) events.add(delta);
  events.finish(choice, answer.usage);
  return events.take();
}

const error = (failure: NearhitError | Buffer, status: number): Buffer =>
  Buffer.from(JSON.stringify(errorBody(failure, status)));

const replies: FrontReplies = {
  form: 'messages',
  whole,
  replay,
  stream: () => new EventStream(new MessageEvents()),
  error,
};

/** Anthropic's Messages API, version 2023-06-01. */
export const messagesDialect: FrontDialect = {
  name: 'messages',
  read: (body) => ({ ...readMessages(body), replies }),
  error,
};
