import { lines } from './lines.ts';

/** How an answer is wanted. slot value: phrases. A phrase that could be the topic itself is only listed with its verb. */
const TABLE = lines(`
length short: briefly | brief explanation | short explanation | brief summary | short summary | in brief | in short | short answer | concisely | be concise | keep it short | be brief | tl dr | tldr | in one sentence | in a sentence | in one word | in a few words | ngắn gọn | tóm tắt
length long: in detail | in depth | detailed answer | detailed explanation | detailed | thoroughly | comprehensively | step by step | elaborate | chi tiết | từng bước
format json: as json | in json | json object | json format | a json | dạng json | json array
format table: as a table | in a table | markdown table | in tabular form | table format | in table form | a table | dạng bảng
format bullets: bullet points | bullet list | bulleted list | bullets | as a list | in list form | gạch đầu dòng
format numbered: numbered list
format csv: as csv | in csv | csv format
format xml: as xml | in xml
format yaml: as yaml | in yaml
format html: as html | in html
format markdown: as markdown | in markdown | using markdown
format plain: plain text
format yesno: yes or no | single yes | true or false
format code: code only | only code
format poem: as a poem | in verse | a poem | a haiku | as a haiku | a limerick | bài thơ
format essay: an essay | as an essay | bài luận
format email: as an email | an email
format paragraph: a paragraph | one paragraph | in a paragraph | single paragraph | in one paragraph
format sentence: full sentences | complete sentences
audience child: to a child | for a child | for children | for kids | to a kid | for a kid | eli5 | like i m five | like i am five | like i m 5 | like i am 5 | five year old | 5 year old | five years old child | cho trẻ em
audience beginner: complete beginner | for a beginner | for beginners | to a beginner | for dummies | in layman s terms | in layman terms | layman | in simple terms | simply | in simple words | in plain english | for a layperson | cho người mới
audience expert: for an expert | to an expert | for experts | for a professional | phd level | for a specialist | domain expert | for a researcher
audience student: for a student | for students | to a student | high school student | college student | university student
tone formal: formal tone | formally | formal style | formal language | in a formal | trang trọng
tone informal: informal tone | informally | casual tone | casually | casual style
tone humorous: humorous tone | funny tone | humorously | humorous | sarcastic tone | sarcastically | hài hước
tone friendly: friendly tone | in a friendly
tone professional: professional tone | professionally | more professional | sound professional
tone persuasive: persuasive tone | persuasively
tone neutral: neutral tone
tone pirate: like a pirate
`);

export interface InstructionPhrase {
  readonly words: readonly string[];
  readonly slot: string;
  readonly value: string;
}

export const INSTRUCTION_PHRASES: readonly InstructionPhrase[] = TABLE.flatMap((row) => {
  const [head = '', list = ''] = row.split(/: (.*)/s);
  const [slot = '', value = ''] = head.split(' ');
  return list.split(' | ').map((phrase) => ({ words: phrase.split(' '), slot, value }));
}).sort((a, b) => b.words.length - a.words.length);

/** Verbs after which `in French` names the language of the answer. */
export const ANSWER_VERBS = new Set(
  'answer reply respond write explain translate say speak describe summarize summarise translated written tell give respond trả viết giải dịch nói'.split(
    ' ',
  ),
);
