import { afterEach, expect, test } from '@jest/globals';
import { type Caller, createMemoryStore, PolicyService, type UnitVector } from '@nearhit/core';
import type { RequestLine } from '../input/request-line.ts';
import { groupsOf } from './groups.ts';

let policies: PolicyService | undefined;
afterEach(() => policies?.close());

/** Whatever is asked points the same way: only guards and turns tell questions apart. */
const embedder = {
  embed: async (texts: readonly string[]) =>
    texts.map(() => ({ vector: Float32Array.of(1, 0) as UnitVector, tokens: 1, truncated: false })),
};

function line(first: string, question: string): RequestLine {
  const messages = [
    { role: 'user', content: first },
    { role: 'assistant', content: 'In the settings.' },
    { role: 'user', content: question },
  ];
  return { body: Buffer.from(JSON.stringify({ model: 'm', messages })) } as RequestLine;
}

test.each(['exact', 'semantic'] as const)(
  '%s: lines with other earlier turns are asked apart',
  async (conversation) => {
    policies = new PolicyService(createMemoryStore().policies, { default: { conversation } });
    const lines = [
      line('How do I reset my password?', 'How do I change my email address?'),
      line('How do I reset my router?', 'How do I change my email address?'),
      line('How do I reset my password?', 'How can I change my email address?'),
    ];
    const groups = await groupsOf(lines, { tenant: 'default' } as unknown as Caller, {}, { policies, embedder });
    expect(groups).toEqual([[lines[0], lines[2]], [lines[1]]]);
  },
);
