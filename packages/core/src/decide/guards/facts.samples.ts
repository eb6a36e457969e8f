import type { GuardTable } from './guard-table.samples.ts';

/** Of guards on what a question names: numbers, dates, units, code, places, people. */
export const FACTS_TABLE: GuardTable = {
  version: {
    differ: [
      ['How do I install Python 2.7?', 'How do I install Python 3.7?'],
      ['What is new in v2?', 'What is new in v3?'],
    ],
    same: [['How do I install Python 3.7?', 'How can I install python 3.7']],
  },
  date: {
    differ: [
      ['Who won the cup in 2014?', 'Who won the cup in 2018?'],
      ['Is it open on Monday?', 'Is it open on Tuesday?'],
      ['What is on TV today?', 'What is on TV tomorrow?'],
      ['Hôm nay là ngày gì?', 'Ngày mai là ngày gì?'],
    ],
    same: [
      ['Events of 28 July 2006', 'Events of July 28, 2006'],
      ['May I come in?', 'Can I come in?'],
    ],
  },
  money: {
    differ: [
      ['How do I invest 100 USD?', 'How do I invest 100 EUR?'],
      ['Phones under Rs. 5000', 'Phones under $5000'],
    ],
    same: [
      ['Phones under 5000', 'Phones under 5000 rupees'],
      ['Is $5 enough?', 'Is 5 dollars enough?'],
    ],
  },
  unit: {
    differ: [
      ['How long does it take to run 5 km?', 'How long does it take to run 5 miles?'],
      ['Is 2 GB of RAM enough?', 'Is 2 MB of RAM enough?'],
      ['How many people die every day?', 'How many people die every week?'],
      ['Is it rude to call at 9 am?', 'Is it rude to call at 9 pm?'],
    ],
    same: [
      ['How far is 1 km?', 'How far is 1000 m?'],
      ['Can I do it in 60 minutes?', 'Can I do it in 1 hour?'],
      ['How many kilometres is it?', 'How many kilometers is it?'],
    ],
  },
  number: {
    differ: [
      ['Vay hai triệu trả lãi bao nhiêu?', 'Vay ba triệu trả lãi bao nhiêu?'],
      ['What is 15% of 200?', 'What is 15% of 300?'],
      ['Which two compounds are there?', 'Which three compounds are there?'],
      ['Who was the first man on the moon?', 'Who was the second man on the moon?'],
      ['What is 2 * 2?', 'What is 2 * 2 * 2?'],
      ['What is 5 + 3?', 'What is 5 * 3?'],
      ['What is (2+3)*4?', 'What is 2+3*4?'],
      ['What is 5 - 3?', 'What is 3 - 5?'],
      ['Was World War I longer?', 'Was World War II longer?'],
      ['Earn 1 million users', 'Earn 1 billion users'],
      ['Ai có hai con?', 'Ai có ba con?'],
    ],
    same: [
      ['Triệu chứng của cúm là gì?', 'Dấu hiệu của cúm là gì?'],
      ['Tỷ giá đô la ra sao?', 'Giá đô la ra sao?'],
      ['top 5 songs', 'top five songs'],
      ['Can I live on 10k a year?', 'Can I live on 10,000 a year?'],
      ['How does one swim?', 'How do I swim?'],
      ['the 3rd law of motion', 'the third law of motion'],
      ['What is 5 + 3?', 'what is 5+3'],
      ['Is Ann the first?', 'Is Ann first?'],
      ['two hundred and five apples', '205 apples'],
      ['Tôi có 1.500 đồng, có được không?', 'Tôi có 1500 đồng, có được không?'],
      ['phones under 2 lakh', 'phones under 200,000'],
    ],
  },
  code: {
    differ: [
      ['What is abstract in Java?', 'What is abstract in JavaScript?'],
      ['How do I sort a vector in C++?', 'How do I sort a vector in C#?'],
      ['What does user_id mean?', 'What does group_id mean?'],
      ['What does git commit --amend do?', 'What does git commit --no-edit do?'],
      ['Explain array.push(1);', 'Explain array.pop(1);'],
      ['What does rm -r do?', 'What does rm -f do?'],
      ['What does np.zeros do?', 'What does np.ones do?'],
      ['Explain:\n```\ni = i + 1\n```', 'Explain:\n```\ni = i - 1\n```'],
      ['Is https://example.com/a down?', 'Is https://example.com/b down?'],
    ],
    same: [
      ['How do I learn Java Script?', 'How do I learn JavaScript?'],
      ['Can I go and express myself?', 'May I go and express myself?'],
      ['Is my iPhone broken?', 'Is my iphone broken?'],
    ],
  },
  entity: {
    differ: [
      ['Thủ tục xin visa đi Pháp là gì?', 'Thủ tục xin visa đi Đức là gì?'],
      ['nước anh có bao nhiêu dân', 'nước mỹ có bao nhiêu dân'],
      ['Vợ tôi được nghỉ mấy ngày?', 'Chồng tôi được nghỉ mấy ngày?'],
      ['best hotels in pune', 'best hotels in chennai'],
      ['how do i change my apple id', 'how do i change my amazon id'],
      ['Is my brother my heir?', 'Is my sister my heir?'],
      ['weather in new york', 'weather in los angeles'],
    ],
    same: [
      ['Luật lao động quy định gì?', 'Luật về lao động quy định những gì?'],
      ['Giải pháp đó có hợp pháp không?', 'Cách đó có hợp pháp luật không?'],
      ['Ông xã tôi được nghỉ mấy ngày?', 'Chồng tôi được nghỉ mấy ngày?'],
      ['movies of india', 'indian movies'],
      ['red or blue car', 'blue or red car'],
    ],
  },
  name: {
    differ: [
      ['Is Rachel Jenkins Muslim?', 'Is Rachel Allen Muslim?'],
      ['How did Obama win?', 'How did Trump win?'],
      ['What is the scope of BBA?', 'What is the scope of BBA (IT)?'],
    ],
    same: [
      ['Who is Obama?', 'who is obama'],
      ['How do I get into IIT?', 'How do I get into an Indian Institute of Technology?'],
      ['Who Is The Best Cook Of France?', 'who is the best cook of france'],
      ['Is Face Book free?', 'Is facebook free?'],
      ['Is Hilary Clinton rich?', 'Is Hillary Clinton rich?'],
      ['Join the U.S. Army', 'Join the United States Army'],
    ],
  },
};
