import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FORM_VERSION, formOf } from './question-form.ts';

const SAME: readonly (readonly string[])[] = [
  [
    'What is the capital of France?',
    'what is the capital of france',
    'WHAT IS THE CAPITAL OF FRANCE?',
    '  What  is the\n\tcapital\u00a0of France ??',
    'What\u2019s the capital of France',
    'Whats the capital of france?',
    'Hi, could you please tell me what is the capital of France? Thanks!',
    'Hello! What is the capital of France please?',
    'hi what is the capital of france',
    "can you tell me what's the capital of France ?",
    'Quick question: what is the capital of France?',
    'What is the capital of France, please?',
    'Please tell me what is the capital of France. Thank you very much.',
    '\uff37hat is the capital of France\uff1f',
    'What is the capital\u200b of France\u2026',
  ],
  ["Why don't birds fly?", 'why do not birds fly', 'Why dont birds fly'],
  ["I can't log in, what will I do?", 'i cannot log in, what will i do'],
  ["What'll we do if they're late?", 'what will we do if they are late'],
  ['How do I learn C++?', 'how do i learn c++', 'HOW DO I LEARN C++'],
  ['What is JavaScript?', 'what is javascript', 'What is Javascript'],
  ['Is Node.js faster than ASP.NET?', 'is node.js faster than asp.net'],
  ['Who is the president of the U.S.?', 'who is the president of the US'],
  ['What is the eﬃciency of a heat pump?', 'what is the efficiency of a heat pump'],
  ['Is COVID-19 over?', 'is covid-19 over'],
  ['What is a black hole?', 'WHAT IS A BLACK HOLE'],
  ['Đường này đến đâu?', 'đường này đến đâu'.normalize('NFD'), 'ĐƯỜNG NÀY ĐẾN ĐÂU'],
  ['Cho tôi hỏi đường này đến đâu ạ?', 'Xin chào, đường này đến đâu?', 'Đường này đến đâu với ạ'],
  ['Hoà bình là gì?', 'hòa bình là gì'],
  ['今日は何をしますか？', '今日は何をしますか'],
];

const DIFFERENT: readonly (readonly [string, string])[] = [
  ['What does [] do in JS?', 'What does {} do in JS?'],
  ['What does ls -R do?', 'What does ls -r do?'],
  ['What does rm -rf do?', 'What does rm rf do?'],
  ['convert 5 mW to W', 'convert 5 MW to W'],
  ['How many Mb are in a GB?', 'How many MB are in a GB?'],
  ['What is 5K?', 'What is 5k?'],
  ['Is IT hard?', 'Is it hard?'],
  ['How big is the US?', 'How big is us?'],
  ['What is a Map in JS?', 'What is a map in JS?'],
  ['What is the ASCII code of A?', 'What is the ASCII code of a?'],
  ['What does "Hello" print?', 'What does "hello" print?'],
  ['What does \\ mean in a regex?', 'What does / mean in a regex?'],
  ['Is a \u2264 b?', 'Is a \u2265 b?'],
  ['What can blood type O- receive?', 'What can blood type O receive?'],
  ['What is .NET?', 'What is net?'],
  ['What is 5!', 'What is 5?'],
  ['What is n!', 'What is n?'],
  ['What is 5\u00bd?', 'What is 51/2?'],
  ['What is 10\u00b2?', 'What is 102?'],
  ['What is -5 squared?', 'What is 5 squared?'],
  ['How do you say thank you?', 'How do you say please?'],
  ['Good morning in Japanese', 'Good evening in Japanese'],
  ['Hello, how are you in French?', 'Hi, how are you in French?'],
  ['Please in Spanish', 'Pls in Spanish'],
  ['Translate to French: good morning, thank you', 'Translate to French: good morning, please'],
  ['hello world in Python', 'world in Python'],
  ['Xin chào tiếng Anh là gì?', 'Chào bạn tiếng Anh là gì?'],
  ['Vui lòng tiếng Anh là gì?', 'Làm ơn tiếng Anh là gì?'],
  ['How many zeros are in a zillion?', 'How many zeros are in a million?'],
  ["Who owns McDonald's?", 'Who owns McDonald?'],
  ["Let's eat, grandma", "Let's eat grandma"],
  ['Cuándo se publicó?', 'Cuándo se público?'],
  ['má là gì?', 'ma là gì?'],
  ['What is love? 😀', 'What is love? 😂'],
  ['f( x ) is 2', 'f(x) is 2'],
  ['What is the meaning of ?', 'What is the meaning of !'],
  ['https://example.com/Path', 'https://example.com/path'],
  ['Where is README.md?', 'Where is readme.md?'],
  ['Fix the grammar: I dont know', "Fix the grammar: I don't know"],
  ['Capitalize this title: the lord of the rings', 'Capitalize this title: The Lord of the Rings'],
  ['Is this sentence correct? Well, i am', 'Is this sentence correct? Well, I am.'],
  ['Translate into German: you are coming?', 'Translate into German: you are coming.'],
  ['Sửa lỗi chính tả: trời đẹp qúa', 'Sửa lỗi chính tả: trời đẹp quá'],
];

describe('formOf', () => {
  test.each(SAME.map((texts) => ({ asked: texts[0], texts })))('$asked, and how else it is asked', ({ texts }) => {
    expect(new Set(texts.map(formOf)).size).toBe(1);
    expect(formOf(texts[0] as string)).toBeDefined();
  });

  test.each(DIFFERENT)('%j is not %j', (a, b) => {
    const [one, other] = [formOf(a), formOf(b)];
    if (one !== undefined) expect(one).not.toBe(other);
    else expect([a, other]).not.toContain(undefined);
  });

  test.each([
    ['nothing', ''],
    ['signs alone', '??? ...'],
    ['pictures alone', '😀 😂'],
    ['more than is read', 'why? '.repeat(2000)],
    ['lone surrogates', 'why \ud800?'],
    ['a hidden message', `why${'\u200b\u2060'.repeat(8)}?`],
    ['code between fences', 'Why?\n```\nx\n```'],
    ['lines of code', 'Why does this fail?\nif x:\n  a()\n  b()'],
  ])('%s has none', (_, text) => {
    expect(formOf(text)).toBeUndefined();
  });

  test('a form is its own form, and has the forms of its spellings', () => {
    fc.assert(
      fc.property(words, (list) => {
        const text = list.join(' ');
        const form = formOf(text);
        if (form === undefined) return;
        expect(formOf(`  ${list.join(' \t ')} `)).toBe(form);
        // A bracket or semicolon at the end of a line is code.
        if (/^[\p{L}\p{N} ]+$/u.test(text)) expect(formOf(list.join('\n'))).toBe(form);
        expect(formOf(text.normalize('NFD'))).toBe(form);
        expect(formOf(`${text} today ?`)).toBe(formOf(`${text} today`));
        // A letter alone is one, as is "A" before what is no noun; "i" is the pronoun.
        if (!/["`]/.test(text) && /^(?![a-hj-z](?: |$))[a-z ]+$/.test(text))
          expect(formOf(text[0]?.toUpperCase() + text.slice(1))).toBe(form);
      }),
      { numRuns: 500 },
    );
  });

  test('a word or sign more, inside, is another question', () => {
    fc.assert(
      fc.property(words, fc.constantFrom('not', '5', '-x', '≤', '{}', 'B', '"'), fc.nat(9), (list, more, at) => {
        const inside = [...list.slice(0, at + 1), more, ...list.slice(at + 1), 'today'];
        const form = formOf([...list, 'today'].join(' '));
        if (form !== undefined) expect(formOf(inside.join(' '))).not.toBe(form);
      }),
      { numRuns: 500 },
    );
  });

  test('whatever the text, it is total and the same each time', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (text) => {
        expect(formOf(text)).toBe(formOf(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('forms are those of this version: after a change of rules that is meant, raise FORM_VERSION', () => {
    const texts = [...SAME.flat(), ...DIFFERENT.flat()];
    const made = hash('sha256', JSON.stringify(texts.map((text) => formOf(text) ?? null)));
    expect([FORM_VERSION, made.slice(0, 16)]).toEqual([3, '1112bbc050370525']);
  });
});

const words = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...[
        'how',
        'do',
        'I',
        'learn',
        'Paris',
        "don't",
        'the',
        'US',
        'C++',
        'v2.7',
        '10',
        'please',
        'hi,',
        'thanks',
        'ạ',
      ],
      ...['Hà', 'Nội', 'không', '水', '(a)', '"x"', 'iPhone', 'a/b', 'U.S.', '-v', 'what', 'is', 'MB', "what's"],
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
  ),
  { minLength: 1, maxLength: 9 },
);
