import { describe, saidApart } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { membershipsOf } from '../words/siblings.ts';
import { unmatchedNumbers } from './number.ts';

const RELATIVE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    today: 'today',
    tonight: 'today',
    tomorrow: 'tomorrow',
    yesterday: 'yesterday',
    'hôm nay': 'today',
    'hôm qua': 'yesterday',
    'hôm kia': 'before yesterday',
    'ngày mai': 'tomorrow',
    'ngày kia': 'after tomorrow',
    'ngày mốt': 'after tomorrow',
    'hom nay': 'today',
    'hom qua': 'yesterday',
    'hom kia': 'before yesterday',
    'ngay mai': 'tomorrow',
    'ngay kia': 'after tomorrow',
    'ngay mot': 'after tomorrow',
  }),
);

/** Months, weekdays and relative days. `may`, `march`, `sun` and the like only as capitalised names. */
function calendar({ tokens, language }: QuestionFacts): Set<string> {
  const found = new Set<string>();
  tokens.forEach((token, i) => {
    const relative = RELATIVE.get(token.text) ?? RELATIVE.get(`${token.text} ${tokens[i + 1]?.text}`);
    if (relative !== undefined) found.add(relative);
    if (/^(?:sun|sat|mar|may|march|dec|jan|mon|wed)$/.test(token.text)) {
      const beside = tokens[i - 1]?.kind === 'number' || tokens[i + 1]?.kind === 'number';
      if (/^\p{Lu}\p{Ll}/u.test(token.surface) && (beside || tokens[i - 1]?.text === 'in'))
        found.add(token.text.slice(0, 3));
      return;
    }
    // In Vietnamese, `thu` is to collect.
    if (language === 'vi' && token.text.length < 5) return;
    if (token.text === 'weekday' || token.text === 'weekend') return;
    const one = /days$/.test(token.text) ? token.text.slice(0, -1) : token.text;
    for (const { group, member } of membershipsOf(one))
      if (group === 'month' || group === 'weekday') found.add(member.slice(0, 3));
  });
  return found;
}

const PERIOD =
  /^(?:week|weekend|month|quarter|semester|term|season|year|morning|evening|monday|tuesday|wednesday|thursday|friday|saturday|sunday|summer|winter)s?$/;
const WHICH: ReadonlyMap<string, string> = new Map(
  Object.entries({
    this: 'this',
    current: 'this',
    last: 'last',
    previous: 'last',
    past: 'last',
    next: 'next',
    coming: 'next',
  }),
);
const PERIOD_VIETNAMESE = /^(?:tuần|tháng|quý|kỳ|năm|mùa)$/;
const WHICH_VIETNAMESE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    này: 'this',
    nay: 'this',
    trước: 'last',
    ngoái: 'last',
    qua: 'last',
    rồi: 'last',
    sau: 'next',
    tới: 'next',
  }),
);

/** `this month`, `tháng trước`: which one, for each period that is named so. */
function periods({ tokens, language }: QuestionFacts): Map<string, string> {
  const found = new Map<string, string>();
  for (const [i, { text }] of tokens.entries()) {
    const next = tokens[i + 1];
    if (language === 'vi') {
      const which = WHICH_VIETNAMESE.get(next?.text ?? '');
      if (which !== undefined && PERIOD_VIETNAMESE.test(text) && tokens[i - 1]?.kind !== 'number')
        found.set(text, which);
      continue;
    }
    const which = WHICH.get(text);
    if (which !== undefined && PERIOD.test(next?.text ?? '')) found.set(next?.key ?? '', which);
  }
  return found;
}

/** One period that both name, and not the same one of it. */
function otherPeriod(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const others = periods(b);
  for (const [period, which] of periods(a)) {
    const other = others.get(period);
    if (other !== undefined && other !== which) return describe([`${which} ${period}`], [`${other} ${period}`]);
  }
  return undefined;
}

/** Years that differ, and months, weekdays or relative days that one side lacks; `this month` and `last month`. */
export const dateGuard: Guard = {
  name: 'date',
  level: 'standard',
  differs(a, b) {
    const years = unmatchedNumbers(a, b).map((side) => side.filter(({ role }) => role === 'year').map((n) => n.value));
    const [left = [], right = []] = years;
    if (left.length > 0 && right.length > 0) return describe(left, right);
    return saidApart(calendar(a), calendar(b)) ?? otherPeriod(a, b);
  },
};
