import { lines } from '../words/lines.ts';

interface NumberWord {
  readonly value: number;
  readonly role: 'unit' | 'ten' | 'hundred' | 'scale';
  /** Often no number at all (`one`, `first of all`): never a difference by itself. */
  readonly soft: boolean;
}

const WORDS = new Map<string, NumberWord>();

function add(list: string, role: NumberWord['role'], soft = false): void {
  for (const line of lines(list)) {
    const [value, ...names] = line.split(' ');
    for (const name of names) WORDS.set(name, { value: Number(value), role, soft });
  }
}

add(
  `
0 zero
2 two twice
3 three thrice third
4 four fourth
5 five fifth
6 six sixth
7 seven seventh
8 eight eighth
9 nine ninth
10 ten tenth
11 eleven eleventh
12 twelve twelfth dozen
13 thirteen thirteenth
14 fourteen fourteenth
15 fifteen fifteenth
16 sixteen sixteenth
17 seventeen seventeenth
18 eighteen eighteenth
19 nineteen nineteenth
2 hai
4 bốn
6 sáu
7 bảy
8 tám
9 chín
10 mười
`,
  'unit',
);
add('0.5 half', 'unit', true);
add('1 one once first một nhất\n2 second nhì\n3 ba\n4 tư\n5 năm lăm', 'unit', true);
add(
  '20 twenty twentieth\n30 thirty thirtieth\n40 forty fortieth\n50 fifty fiftieth\n60 sixty sixtieth\n70 seventy seventieth\n80 eighty eightieth\n90 ninety ninetieth',
  'ten',
);
add('100 hundred hundredth trăm', 'hundred');
add(
  '1e3 thousand thousands thousandth\n1e5 lakh lakhs lac lacs\n1e6 million millions mn\n1e7 crore crores cr\n1e9 billion billions bn\n1e12 trillion trillions',
  'scale',
);
// By themselves they are parts of other words: `triệu chứng` is a symptom, `tỷ giá` an exchange rate.
add('1e3 nghìn ngàn\n1e6 triệu\n1e9 tỷ tỉ', 'scale', true);

/** Scales written right behind digits: `10k`. */
export const GLUED_SCALES: ReadonlyMap<string, number> = new Map([
  ['k', 1e3],
  ['mn', 1e6],
  ['mil', 1e6],
  ['bn', 1e9],
  ['b', 1e9],
]);

export function numberWord(text: string): NumberWord | undefined {
  return WORDS.get(text);
}

/** The factor of a scale word (`thousand`, `lakh`, `hundred`). */
export function scaleOf(text: string): number | undefined {
  const word = WORDS.get(text);
  return word !== undefined && (word.role === 'scale' || word.role === 'hundred') ? word.value : undefined;
}

const ORDINAL_BEFORE = /^(?:thứ|hạng|giải|số|tháng|mươi|mười|lần|khóa|quý|quận|phường|phòng)$/;
const COUNTED = new Set(
  'người con cái chiếc cách điều bước lần tuổi ngày tháng tuần giờ phút giây loại quyển cuốn bài câu từ nước triệu nghìn ngàn tỷ tỉ trăm mươi phần điểm đồng mét cân kg km'.split(
    ' ',
  ),
);
const SCALE_BEFORE = /^(?:hàng|vài|mấy|chục|cả|nửa|tiền|bạc)$/;

/**
 * A Vietnamese syllable that looks like a number and is part of another word: `ít nhất` is at least, `đầu tư` to invest,
 * `hàng năm` each year, `tỷ lệ` a rate. It counts where an ordinal's word stands before it, or what is counted behind it.
 */
export function isSyllableOnly(texts: (index: number) => string | undefined, at: number): boolean {
  const [before, text, next] = [texts(at - 1) ?? '', texts(at) ?? '', texts(at + 1) ?? ''];
  if (/^(?:nhất|nhì|tư|lăm)$/.test(text)) return !ORDINAL_BEFORE.test(before);
  if (text === 'năm') return !ORDINAL_BEFORE.test(before) && !COUNTED.has(next);
  if (/^(?:trăm|nghìn|ngàn|triệu|tỷ|tỉ)$/.test(text)) return !SCALE_BEFORE.test(before);
  return false;
}

/**
 * The number that words spell from `from` on (`two hundred and five`), and how many tokens it took.
 * Undefined when no number word stands there.
 */
export function readNumberWords(
  texts: (index: number) => string | undefined,
  from: number,
): { value: number; length: number; soft: boolean } | undefined {
  let total = 0;
  let group = 0;
  let last: NumberWord | undefined;
  let at = from;
  let first: NumberWord | undefined;
  for (; at < from + 12; at++) {
    const text = texts(at) ?? '';
    const word = WORDS.get(text);
    if (word === undefined) {
      if (text === 'and' && last !== undefined && last.role !== 'unit' && isSmall(texts(at + 1))) continue;
      if (text === 'mươi' && last?.role === 'unit') {
        group *= 10;
        last = { value: 10, role: 'ten', soft: false };
        continue;
      }
      break;
    }
    if (word.role === 'unit' && last !== undefined && (last.role === 'unit' || (last.role === 'ten' && word.value > 9)))
      break;
    if (word.role === 'ten' && (last?.role === 'unit' || last?.role === 'ten')) break;
    first ??= word;
    if (word.role === 'hundred') group = Math.max(group, 1) * 100;
    else if (word.role === 'scale') {
      total += Math.max(group, 1) * word.value;
      group = 0;
    } else group += word.value;
    last = word;
  }
  if (first === undefined) return undefined;
  return { value: total + group, length: at - from, soft: first.soft && at - from === 1 };
}

function isSmall(text: string | undefined): boolean {
  const word = WORDS.get(text ?? '');
  return word?.role === 'unit' || word?.role === 'ten';
}
