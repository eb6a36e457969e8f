import { lines } from './lines.ts';

/** What kind of answer a question asks for. Phrases by class; longer phrases win. `what` and `which` alone tell nothing. */
const TABLE = lines(`
person: who | whom | whose | which person | what person | ai | người nào
time: when | what time | what year | which year | what date | what day | which day | what month | which month | khi nào | bao giờ | lúc nào | năm nào | ngày nào | tháng nào | mấy giờ | thời gian nào | thời điểm nào | thời kỳ nào | giai đoạn nào | thế kỷ nào | thập kỷ nào | thập niên nào | mùa nào | hôm nào | dịp nào | buổi nào | lúc mấy giờ
place: where | what place | which place | what country | which country | what city | which city | what state | which state | ở đâu | nơi nào | từ đâu | đâu | nước nào | thành phố nào | tỉnh nào
reason: why | how come | what for | tại sao | vì sao | sao lại | lý do gì | lý do nào | lý do đâu | do đâu | vì đâu | nguyên nhân gì | nguyên nhân nào | how is it that
amount: how much
number: how many | what percentage | what percent | what number | bao nhiêu | mấy
duration: how long | bao lâu | how much time | how many years | how many days | how many hours
age: how old | what age | bao nhiêu tuổi
distance: how far | bao xa
frequency: how often | how frequently | how many times | bao nhiêu lần
thing: là gì | cái gì | điều gì
manner: how | như thế nào | thế nào | làm sao | làm cách nào | bằng cách nào
`);

export interface QuestionPhrase {
  readonly words: readonly string[];
  readonly answer: string;
}

/** Longest first. */
export const QUESTION_PHRASES: readonly QuestionPhrase[] = TABLE.flatMap((row) => {
  const [answer = '', list = ''] = row.split(': ');
  return list.split(' | ').map((phrase) => ({ words: phrase.split(' '), answer }));
}).sort((a, b) => b.words.length - a.words.length);
