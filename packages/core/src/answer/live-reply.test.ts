import { describe, expect, test } from '@jest/globals';
import { NearhitError } from '../errors.ts';
import type { UpstreamHead } from '../ports/upstream.ts';
import { LiveReply, type ReplyListener } from './live-reply.ts';

const HEAD: UpstreamHead = {
  status: 200,
  headers: { 'content-type': 'text/event-stream' },
  provider: 'p',
  model: 'm',
  attempts: 1,
};

function listening(takes = true): ReplyListener & { heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    onHead: ({ status }) => void heard.push(`head ${status}`),
    onData: (chunk) => {
      heard.push(chunk.toString());
      return takes;
    },
    onEnd: () => void heard.push('end'),
    onError: ({ kind }) => void heard.push(kind),
  };
}

function reply(recordBytesMax = 1000) {
  const flow = {
    calls: [] as string[],
    pause: () => void flow.calls.push('pause'),
    resume: () => void flow.calls.push('resume'),
    abort: () => void flow.calls.push('abort'),
  };
  const settled: LiveReply[] = [];
  const live = new LiveReply(recordBytesMax, (done) => void settled.push(done));
  live.attach(flow);
  return { live, flow, settled };
}

describe('LiveReply', () => {
  test('whoever joins late gets what was sent so far and then follows live', () => {
    const { live, settled } = reply();
    const [early, late, after] = [listening(), listening(), listening()];
    live.listen(early);
    live.onHead(HEAD);
    live.onData(Buffer.from('a'));
    live.listen(late);
    live.onData(Buffer.from('b'));
    live.onEnd();
    live.listen(after);
    for (const { heard } of [early, late, after]) expect(heard).toEqual(['head 200', 'a', 'b', 'end']);
    expect(settled).toEqual([live]);
    expect(live.body().toString()).toBe('ab');
  });

  test.each(['onEnd', 'onError'] as const)('what it comes to is known before anybody hears of the end (%s)', (end) => {
    let settled = 0;
    const live = new LiveReply(1000, () => {
      settled += 1;
    });
    const heard: number[] = [];
    const hear = () => void heard.push(settled);
    live.listen({ ...listening(), onEnd: hear, onError: hear });
    live.onHead(HEAD);
    live[end](new NearhitError('UPSTREAM_TIMEOUT', 'late'));
    expect(heard).toEqual([1]);
  });

  test('the call is cancelled when the last holder leaves, and not before', () => {
    const { live, flow, settled } = reply();
    const [first, second] = [live.hold(), live.hold()];
    live.onHead(HEAD);
    first();
    first();
    expect(flow.calls).toEqual([]);
    second();
    expect(flow.calls).toEqual(['abort']);
    expect(live.state).toBe('abandoned');
    expect(settled).toHaveLength(1);
  });

  test('a holder that leaves after the end cancels nothing', () => {
    const { live, flow } = reply();
    const release = live.hold();
    live.onHead(HEAD);
    live.onEnd();
    release();
    expect(flow.calls).toEqual([]);
    expect(live.state).toBe('ended');
  });

  test('a reply over the bound is passed on, not kept, and can no longer be joined', () => {
    const { live } = reply(3);
    const listener = listening();
    live.listen(listener);
    live.onHead(HEAD);
    live.onData(Buffer.from('ab'));
    expect(live.joinable).toBe(true);
    live.onData(Buffer.from('cd'));
    live.onEnd();
    expect(listener.heard).toEqual(['head 200', 'ab', 'cd', 'end']);
    expect(live.joinable).toBe(false);
    expect(live.body()).toHaveLength(0);
  });

  test('a slow reader slows the source only beyond what is recorded anyway', () => {
    const { live, flow } = reply(3);
    const slow = listening(false);
    live.listen(slow);
    live.onHead(HEAD);
    live.onData(Buffer.from('ab'));
    expect(flow.calls).toEqual([]);
    live.onData(Buffer.from('cd'));
    expect(flow.calls).toEqual(['pause']);
    live.drained(slow);
    expect(flow.calls).toEqual(['pause', 'resume']);
  });

  test('a reader that leaves while it is full lets the source go on', () => {
    const { live, flow } = reply(0);
    const stop = live.listen(listening(false));
    live.onHead(HEAD);
    live.onData(Buffer.from('x'));
    stop();
    expect(flow.calls).toEqual(['pause', 'resume']);
  });

  test('failure reaches everyone, whenever they listen', async () => {
    const { live } = reply();
    const [early, late] = [listening(), listening()];
    live.listen(early);
    const waiting = [live.headOrFailure(), live.wholeOrFailure()];
    live.onError(new NearhitError('UPSTREAM_TIMEOUT', 'late'));
    live.onError(new NearhitError('UPSTREAM_INVALID', 'again'));
    live.listen(late);
    await Promise.all(waiting);
    expect([early.heard, late.heard]).toEqual([['UPSTREAM_TIMEOUT'], ['UPSTREAM_TIMEOUT']]);
    expect(live.failed).toBe(true);
  });
});
