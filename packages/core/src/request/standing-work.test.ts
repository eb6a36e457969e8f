import { describe, expect, test } from '@jest/globals';
import { hasStandingWork } from './standing-work.ts';

const told = (content: string, role: 'system' | 'user' | 'assistant' = 'system'): boolean =>
  hasStandingWork(
    [
      { role, content },
      { role: 'user', content: 'I love my dog' },
    ],
    1,
  );

describe('hasStandingWork', () => {
  test.each([
    'You are a professional translator. Translate everything into French.',
    "Translate the user's messages to German.",
    'You are a helpful assistant. Fix the user\u2019s text and return only the corrected version.',
    'Classify the sentiment of the user message as positive, negative or neutral.',
    'Summarize the following text in one sentence.',
    'The user will give you a sentence. Reply with its French translation.',
    'Rewrite the input text in a formal tone.',
    'You will be provided with statements, and your task is to convert them to standard English.',
    'You will be given a text. Extract all named entities.',
    'Extract keywords from the text provided by the user.',
    'Your task is to summarize customer reviews.',
    'Correct any grammatical errors in what I write.',
    'I want you to act as an English translator, spelling corrector and improver.',
    'Bạn là phiên dịch viên Anh-Việt.',
    'Dịch mọi câu người dùng gửi sang tiếng Anh.',
  ])('%s', (order) => {
    expect(told(order)).toBe(true);
    expect(told(order, 'user')).toBe(true);
    expect(told(order, 'assistant')).toBe(false);
  });

  test.each([
    'You are a helpful assistant. Answer in French.',
    'You are a support bot of a translation agency. Answer questions about the prices of translations.',
    'Answer the question using the provided context. If the answer is not in the context, say so.',
    'Use the following pieces of retrieved context to answer the question. Summarize relevant facts.',
    'You are a coding assistant. Fix bugs, explain code and convert between languages when asked.',
    'You help users with email: how to write emails, correct settings, classify spam.',
    'Extract the relevant facts from the documents, then answer the user question.',
    'The user will ask questions about text editors.',
    'Bạn là trợ lý của ngân hàng. Trả lời bằng tiếng Việt.',
  ])('not: %s', (order) => expect(told(order)).toBe(false));

  test('the last message itself, and none at all, order nothing', () => {
    expect(hasStandingWork([{ role: 'user', content: 'Translate the following text: ok' }], 0)).toBe(false);
    expect(hasStandingWork([], -1)).toBe(false);
  });

  test('parts of a message are read as one, and only its first thousands of letters', () => {
    const parts = ['Translate the', ' user’s messages'].map((text) => ({ type: 'text', text }));
    expect(
      hasStandingWork(
        [
          { role: 'system', content: parts },
          { role: 'user', content: 'x' },
        ],
        1,
      ),
    ).toBe(false);
    expect(told(`${'Be kind. '.repeat(500)}Translate the user's messages.`)).toBe(false);
  });
});
