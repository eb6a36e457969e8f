import { lines } from '../words/lines.ts';

/** Word forms that no rule finds: the first of a line stands for the rest. */
const IRREGULAR = new Map<string, string>();
for (const line of lines(`
be is are am was were been being
have has had having
do does did done doing
go goes went gone going
get gets got gotten getting
make makes made making
take takes took taken taking
give gives gave given giving
buy buys bought buying
sell sells sold selling
think thinks thought thinking
know knows knew known knowing
see sees saw seen seeing
find finds found finding
win wins won winning
lose loses lost losing
write writes wrote written writing
speak speaks spoke spoken speaking
eat eats ate eaten eating
drink drinks drank drunk drinking
steal steals stole stolen stealing
begin begins began begun beginning
become becomes became becoming
come comes came coming
run runs ran running
pay pays paid paying
say says said saying
tell tells told telling
feel feels felt feeling
leave leaves left leaving
lead leads led leading
build builds built building
send sends sent sending
spend spends spent spending
teach teaches taught teaching
catch catches caught catching
bring brings brought bringing
fight fights fought fighting
choose chooses chose chosen choosing
break breaks broke broken breaking
forget forgets forgot forgotten forgetting
grow grows grew grown growing
fall falls fell fallen falling
fly flies flew flown flying
drive drives drove driven driving
wear wears wore worn wearing
meet meets met meeting
keep keeps kept keeping
sleep sleeps slept sleeping
hold holds held holding
hear hears heard hearing
sing sings sang sung singing
die dies died dying
lie lies lied lying
man men
woman women
child children kids kid
person people persons
foot feet
tooth teeth
mouse mice
wife wives
life lives
knife knives
leaf leaves
criterion criteria
colour color colors colours
adviser advisor advisers advisors
ride rides rode ridden riding
put puts putting
cut cuts cutting
set sets setting
hit hits hitting
throw throws threw thrown throwing
draw draws drew drawn drawing
hide hides hid hidden hiding
bite bites bit bitten biting
shoot shoots shot shooting
strike strikes struck striking
beat beats beaten beating
spread spreads spreading
read reads reading
show shows showed shown showing
`)) {
  const forms = line.split(' ');
  for (const form of forms) IRREGULAR.set(form, forms[0] ?? form);
}

const VOWEL = /[aeiouy]/;

function undouble(base: string): string {
  const last = base.at(-1) ?? '';
  return last === base.at(-2) && !'aeiouls'.includes(last) ? base.slice(0, -1) : base;
}

function strip(word: string): string {
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  if (word.endsWith('s') && !/(?:ss|us|is)$/.test(word)) return word.slice(0, -1);
  if (word.endsWith('ied') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (word.endsWith('eed')) return /^(?:dis)?agreed$|^freed$|^guaranteed$/.test(word) ? word.slice(0, -1) : word;
  if (word.endsWith('ing') && word.length > 5 && VOWEL.test(word.slice(0, -3))) return undouble(word.slice(0, -3));
  if (word.endsWith('ed') && word.length > 4 && VOWEL.test(word.slice(0, -2))) return undouble(word.slice(0, -2));
  return word;
}

/** Same key for the forms of one English word, near enough to compare two questions; other words keep their own. */
export function stem(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length < 4 || word.length > 30 || !/^[a-z]+$/.test(word)) return word;
  const base = strip(word)
    .replace(/isation$/, 'ization')
    .replace(/is(e|er)$/, 'iz$1')
    .replace(/our$/, 'or');
  return base.length > 3 && base.endsWith('e') ? base.slice(0, -1) : base;
}
