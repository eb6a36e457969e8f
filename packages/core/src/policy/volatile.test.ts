import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { volatileMatch, volatileReason } from './volatile.ts';

test.each([
  ['What is the weather in Hanoi?', 'weather'],
  ['Will it rain in Paris tomorrow?', 'today'],
  ["What's the weather like today?", 'today'],
  ['bitcoin price', 'price'],
  ['What is the exchange rate between USD and EUR?', 'price'],
  ['Who is winning the World Series?', 'score'],
  ['What is the latest version of Node.js?', 'latest'],
  ['Who is the current president of Brazil?', 'latest'],
  ['Which phone is best right now?', 'now'],
  ['What time is it?', 'clock'],
  ['What is the time in Paris?', 'clock'],
  ['What did the president say yesterday?', 'today'],
  ['When is the next full moon?', 'today'],
  ['Who won last night’s game?', 'today'],
  ['top news today', 'today'],
  ['Which stocks do you currently recommend?', 'now'],
  ["Who won today's women's final?", 'today'],
  ["Who won today's men singles final?", 'today'],
  ["What's today's kids menu?", 'today'],
  ["What do today's parents spend on gas prices right now?", 'now'],
  ["What is the weather like in Oslo, and how are today's parents?", 'weather'],
  ['Which games can you currently play on the PS5?', 'now'],
  ['Who is the president of the country you currently live in?', 'now'],
  ['What do you currently drive, and what is the exchange rate?', 'price'],
  ["What do today's papers say of the parents?", 'today'],
  ['Giá vàng hôm nay bao nhiêu?', 'today'],
  ['Thời tiết ở Huế thế nào?', 'weather'],
  ['Tổng thống Mỹ hiện nay là ai?', 'now'],
  ['Phiên bản iPhone mới nhất là gì?', 'latest'],
  ['Bây giờ là mấy giờ?', 'now'],
  ['giá xăng', 'price'],
  ['Năm tới thuế tăng bao nhiêu?', 'today'],
  ['Kết quả trận Việt Nam gặp Thái Lan', 'score'],
])('%s: %s', (query, reason) => {
  expect(volatileReason(query)).toBe(reason);
});

test.each([
  'What is the capital of France?',
  'Dân số sẽ ra sao trong 20 năm tới?',
  'Vết thương lành sau vài tuần tới không?',
  'Trợ giá xăng là gì?',
  'How is the price of oil determined?',
  'What is current density?',
  'What is the weather like in Rome in June?',
  'Who sang "All Night"?',
  'How do I know what I want?',
  'What does "today" mean?',
  "How would you describe today's parents?",
  "What is different about today's children compared with those of 1950?",
  "How would you describe today's parental mindsets?",
  'What type of car do you currently drive?',
  'I am currently studying law. How do I become a judge?',
  'Why did Rome fall?',
  'Can you live on minimum wage?',
  'Explain this code: let now = Date.now(); return now;',
  'Thủ đô của Pháp là gì?',
  'Ai viết Truyện Kiều?',
  '',
])('%s: not volatile', (query) => {
  expect(volatileReason(query)).toBeUndefined();
});

test('any text, any length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect([undefined, 'string']).toContain(volatileReason(text) === undefined ? undefined : 'string');
    }),
  );
  for (const unit of ['current ', 'weather in june ', 'song ', '\ud800', '. ', 'what is the time in '])
    volatileReason(unit.repeat(20_000));
});

test('the rule is told with the words that it went by', () => {
  expect(volatileMatch('What is the WEATHER like in Hanoi?')).toEqual({ rule: 'weather', matched: 'weather like' });
  expect(volatileMatch('Thời tiết ở Huế hôm nay?')).toMatchObject({ rule: 'today', matched: 'hôm nay' });
  expect(volatileMatch('What is the capital of France?')).toBeUndefined();
});
