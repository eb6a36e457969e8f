import { expect, test } from '@jest/globals';
import { type ChatCall, NearhitError } from '@nearhit/core';
import { callerOf } from '../../test/house.ts';
import { createAskChat } from './ask-chat.ts';

test('each try has an id of its own in the accounts, which know an id once; the request is the same', async () => {
  const calls: ChatCall[] = [];
  const ask = createAskChat({
    answer: async (call) => {
      calls.push(call);
      throw new NearhitError('UPSTREAM_BUSY', 'Provider p: too many calls are waiting.');
    },
  });
  const line = {
    ...{ callId: 'batch_1-1', body: Buffer.from('{}'), model: 'm', caller: callerOf('a'), headers: {} },
    signal: new AbortController().signal,
  };
  for (let n = 0; n < 2; n++) expect((await ask(line)).retry).toBeDefined();
  expect(new Set(calls.map(({ callId }) => callId)).size).toBe(2);
  expect(calls.map(({ requestId }) => requestId)).toEqual(['batch_1-1', 'batch_1-1']);
});
