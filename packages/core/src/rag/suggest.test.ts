import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { suggestQuery } from './suggest.ts';

const PASSAGES = 'The X200 kettle has a warranty of two years.\n\nFAQ\nQuestion: Is it loud?\nAnswer: No.';
const ASKED = 'How long is the warranty of the X200?';

const TEMPLATES: readonly (readonly [
  name: string,
  template: string,
  text: (passages: string, asked: string) => string,
])[] = [
  [
    'LangChain stuff',
    'langchain',
    (p, q) =>
      `Use the following pieces of context to answer the question at the end. If you don't know the answer, just say that you don't know, don't try to make up an answer.\n\n${p}\n\nQuestion: ${q}\nHelpful Answer:`,
  ],
  [
    'LangChain hub, the question first',
    'langchain',
    (p, q) =>
      `You are an assistant for question-answering tasks. Use the following pieces of retrieved context to answer the question. Keep the answer concise.\nQuestion: ${q} \nContext: ${p} \nAnswer:`,
  ],
  [
    'LangChain, documents in a chat prompt',
    'langchain',
    (p, q) => `Answer the question based only on the following context:\n${p}\n\nQuestion: ${q}\n`,
  ],
  [
    'LlamaIndex',
    'llamaindex',
    (p, q) =>
      `Context information is below.\n---------------------\n${p}\n---------------------\nGiven the context information and not prior knowledge, answer the query.\nQuery: ${q}\nAnswer: `,
  ],
  [
    'LlamaIndex, tree summary',
    'llamaindex',
    (p, q) =>
      `Context information from multiple sources is below.\n---------------------\n${p}\n---------------------\nGiven the information from multiple sources and not prior knowledge, answer the query.\nQuery: ${q}\nAnswer: `,
  ],
  ['tags and a label', 'tags', (p, q) => `<context>\n${p}\n</context>\n\nQuestion: ${q}`],
  ['tags and the rest', 'tags', (p, q) => `Answer from the documents.\n<documents>${p}</documents>\n\n${q}`],
  ['tags for both', 'tags', (p, q) => `<question>${q}</question>\n<docs>${p}</docs>\nBe brief.`],
  ['labels', 'labels', (p, q) => `Context:\n${p}\n\nQuestion: ${q}\nAnswer:`],
  ['labels in Markdown', 'labels', (p, q) => `## Context:\n${p}\n\n**Question:** ${q}\n\n**Answer:**`],
  [
    'Haystack',
    'haystack',
    (p, q) => `Given the following information, answer the question.\n\nContext:\n    ${p}\n\nQuestion: ${q}\nAnswer:`,
  ],
  [
    'Haystack, documents',
    'haystack',
    (p, q) => `Given these documents, answer the question.\nDocuments:\n${p}\nQuestion: ${q}\nAnswer:`,
  ],
  ['Vietnamese labels', 'vietnamese', (p, q) => `Ngữ cảnh:\n${p}\n\nCâu hỏi: ${q}\nTrả lời:`],
  [
    'Vietnamese introduction',
    'vietnamese',
    (p, q) =>
      `Sử dụng các đoạn ngữ cảnh sau để trả lời câu hỏi. Nếu không biết, hãy nói không biết.\n\n${p}\n\nCâu hỏi: ${q}\nCâu trả lời hữu ích:`,
  ],
];

describe('a prompt with retrieved passages', () => {
  test.each(TEMPLATES)('%s', (_name, template, textOf) => {
    const text = textOf(PASSAGES, ASKED);
    const found = suggestQuery(text);
    expect(found).toMatchObject({ template, query: ASKED });
    expect(text.slice(found?.passages.start, found?.passages.end)).toContain(
      'The X200 kettle has a warranty of two years.',
    );
    expect(text.slice(found?.passages.start, found?.passages.end)).not.toContain(ASKED);
    expect(found?.how).toContain('nearhit.query');
  });

  const line = fc
    .stringMatching(/^[\p{L}\p{N} ,.'?-]{1,80}$/u)
    .map((text) => text.trim())
    .filter((text) => text.length > 1 && !text.startsWith('-'));

  test.each(TEMPLATES)('%s: whatever the question and the passages', (_name, template, textOf) => {
    fc.assert(
      fc.property(line, fc.array(line, { minLength: 1, maxLength: 5 }), (asked, passages) => {
        expect(suggestQuery(textOf(passages.join('\n'), asked))).toMatchObject({ template, query: asked });
      }),
    );
  });
});

test.each([
  'How do I reset my password?',
  'What is the context of this poem?',
  'Question: what is 2 + 2?\nAnswer:',
  'Context:\nThe sky is blue.',
  'Context:\n\nQuestion: what is blue?',
  '<context></context> What is blue?',
  '<context>a\nQuestion: unclosed?',
  'Context: a passage\nQuestion:\nAnswer:',
  '',
])('proposes nothing for %j', (text) => {
  expect(suggestQuery(text)).toBeUndefined();
});

test('any text is read in one pass, and what is proposed stands in it', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'Question:',
      'Context:',
      '\n',
      '\n\n',
      'Answer:',
      '<context>',
      '</context>',
      '<question>',
      '-----',
      'Câu hỏi:',
    ),
    fc.constantFrom('Use the following pieces of context', 'Context information is below', ' ', '*'.repeat(30)),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      const found = suggestQuery(text);
      if (found === undefined) return;
      expect(text).toContain(found.query);
      expect(found.query.trim()).not.toBe('');
      expect(found.passages.start).toBeGreaterThanOrEqual(0);
      expect(found.passages.end).toBeLessThanOrEqual(text.length);
      expect(found.passages.end).toBeGreaterThan(found.passages.start);
    }),
  );
});

test.each([
  'Question:',
  'Context:\n',
  ' ',
  '\n',
  '<context>',
  '</context>',
  '-',
  '-----\n',
  '*',
  'ngữ cảnh sau ',
  'answer the ',
  '\r\n \t',
])('a hundred thousand characters of %j are read', (piece) => {
  const long = piece.repeat(Math.ceil(100_000 / piece.length));
  for (const text of [long, `Context:\n${long}\nQuestion: why?`, `Context information is below\n${long}`])
    expect([undefined, expect.any(Object)]).toContainEqual(suggestQuery(text));
});
