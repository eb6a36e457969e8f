import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lines } from '../words/lines.ts';
import { restsOnEarlierTurns, unresolvedPronoun } from './index.ts';

const OPEN = `
how old is he?
How old is she
where does he live
Who invented it?
What does it do?
How does it work?
How much does it cost?
what color is it
which company owns it
What year did it open
Can you explain it to me?
Tell me about it
How do I install it on Windows?
Where can I quickly buy it?
Does Netflix own it?
Who is his wife?
What is his name?
What is their capital?
What color is its flag?
can I change its color
What are they?
Why do people like it?
when were they founded
what does this mean?
What is this?
How do I fix this?
How do I do that?
Why is that?
Is that true?
Is it open to the public?
Is it related to Python?
Is it able to fly?
How do I use it to make money
how to install and use it
Is it worth it?
How long does it take?
What is it like?
Did he die?
How do I know if she likes me?
Where are those from?
When did she marry him?
Why did the company fire him?
nó giá bao nhiêu?
Anh ấy bao nhiêu tuổi?
Vợ của anh ấy là ai?
Làm sao để cài đặt nó?
Họ sống ở đâu?
ông ta sinh năm nào
Cái này là gì?
Điều đó có nghĩa là gì?
Chúng ăn gì?
Cô ấy sinh ra ở đâu?
Khi nào nó mở cửa?
Người đó là ai?
`;

const CLOSED = `
Is it safe to eat raw eggs?
is it possible to learn guitar alone
How long does it take to fly to Mars?
How much does it cost to build a house?
what is it like to live in Japan
What does it mean to be free?
Is it true that cats have nine lives?
Is it okay if I skip breakfast?
Is it bad when milk smells?
Is it worth learning Rust?
Is it normal for babies to sneeze?
What time is it in Tokyo?
Is it raining in Hanoi?
will it rain tomorrow
How far is it from Hanoi to Hue?
How is it that birds can fly?
Why is it called the Big Apple?
Does it matter if I miss a dose?
How does it feel to win?
Does it hurt to get a tattoo?
Do you think it is safe to travel alone?
When was Einstein born and where did he die?
who is albert einstein and when was he born
If I freeze bread, does it go stale?
How do I install Docker and configure it?
What is Bitcoin and how does it work?
Bitcoin: how does it work?
Did Apple change its logo?
My girlfriend left me. How do I get her back?
How do I train my dog so that he stops barking?
What does this code do?
Fix this: let x = 1
What does this mean: "carpe diem"?
How do I tell someone that I like them?
What is the book that I should read?
What is IT?
How do I get an IT job?
Can you help me?
What do you think?
Am I too old to code?
What should I eat today?
What language do they speak in Brazil?
why do they call it the windy city
How does a cell divide itself?
Who was it that discovered penicillin?
Is the iPhone 15 worth it?
when it comes to investing, what matters most
Is it illegal to own a tiger?
Bạn có khỏe không?
Chúng ta nên ăn gì?
Chúng tôi cần làm gì?
Họ và tên của bạn là gì?
Họ Nguyễn có nguồn gốc từ đâu?
Messi bao nhiêu tuổi và anh ấy sinh ở đâu?
Con mèo nhà tôi bỏ ăn, nó bị sao?
Hà Nội có gì vui và khí hậu của nó thế nào?
Người ta nói gì về Việt Nam?
Thủ đô của Pháp là gì?
Wo kommt das her?
Do dogs like it when you pet them?
How do I tell my kids they are adopted?
My son says he dreams about trains. What should I do?
Why do so many people hate their jobs?
Is that rabbit comfortable on the bed?
What is that song called?
When does it get warm in Boston?
How long has it been since the last election?
Why do I find it so hard to study?
How much does it cost for a passport?
Is it possible the whole world can unite?
HOW IT FEELS TO BE PREGNANT
Here is my error: 'undefined is not a function'. What does it mean?
What does the word "it" mean?
¿Cuánto cuesta?
`;

const DEPENDENT = `
and in Paris?
And Paris?
what about tomorrow
How about 3 people?
Why?
Which one is cheaper?
Which is better for beginners?
How do I make a second one of them?
Tell me more about the war
Can you give me another example?
Please make the answer shorter
Can I use this error code in production?
When was Einstein born and where did he die?
In French, please
còn ở Huế thì sao?
Thế còn Đà Nẵng?
Và nếu trời mưa?
Cái nào rẻ hơn?
Kể thêm về chiến tranh
Cuốn sách đó của tác giả nào viết?
`;

const INDEPENDENT = `
How do I reset my password?
What is the capital of France?
How do I install Docker on Ubuntu?
Is it safe to eat raw eggs?
Is Python faster than Ruby?
Thủ đô của Pháp là thành phố nào?
Làm thế nào để đặt lại mật khẩu?
`;

describe('a pronoun without an antecedent', () => {
  test.each(lines(OPEN))('is seen in: %s', (question) => {
    expect(unresolvedPronoun(question)).toEqual(expect.any(String));
    expect(unresolvedPronoun(`  ${question}  `)).toEqual(unresolvedPronoun(question));
  });

  test.each(lines(CLOSED))('is not seen in: %s', (question) => {
    expect(unresolvedPronoun(question)).toBeUndefined();
  });

  test('is named', () => {
    expect(unresolvedPronoun('How old is he?')).toBe('he');
    expect(unresolvedPronoun('Anh ấy bao nhiêu tuổi?')).toBe('anh ấy');
    expect(unresolvedPronoun('Could you please tell me how old she is?')).toBe('she');
  });

  test('is never seen where there is no such word', () => {
    const plain = fc.constantFrom(
      ...'how do i reset my password in paris tomorrow what is the capital of you we me'.split(' '),
    );
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 30 }), (some) =>
        expect(unresolvedPronoun(some.join(' '))).toBeUndefined(),
      ),
    );
  });
});

describe('a turn that rests on earlier ones', () => {
  test.each(lines(DEPENDENT))('%s', (question) => {
    expect(restsOnEarlierTurns(question)).toEqual(expect.any(String));
  });

  test.each(lines(OPEN))('as every one with an open pronoun: %s', (question) => {
    expect(restsOnEarlierTurns(question)).toEqual(expect.any(String));
  });

  test.each(lines(INDEPENDENT))('stands alone: %s', (question) => {
    expect(restsOnEarlierTurns(question)).toBeUndefined();
  });

  test('so does one that is too long to be read', () => {
    expect(restsOnEarlierTurns('word '.repeat(20_000))).toBe('length');
  });
});

test('any text is read, the same each time, without a throw', () => {
  const word = fc.oneof(
    fc.constantFrom(...'it he this that is to nó ấy đó they worth . ? , "'.split(' ')),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (some) => {
      const text = some.join(' ');
      expect(unresolvedPronoun(text)).toBe(unresolvedPronoun(text));
      const open = unresolvedPronoun(text);
      if (open !== undefined) expect(restsOnEarlierTurns(text)).toEqual(expect.any(String));
      else expect([undefined, expect.any(String)]).toContainEqual(restsOnEarlierTurns(text));
    }),
  );
});
