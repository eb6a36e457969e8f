import { stem } from '../text/stem.ts';
import { lines } from './lines.ts';

/** Pairs, parted by `|`: words of one pole / words of the other. */
const PAIRS = lines(`
best better good great / worst worse bad | best better good great / poor terrible
highest higher high / lowest lower low
largest larger large biggest bigger big / smallest smaller small little tiny
longest longer long / shortest shorter short | tallest taller tall / shortest shorter short
fastest faster fast quickest quicker quick / slowest slower slow
cheapest cheaper cheap / expensive costly priciest | hottest hotter hot / coldest colder cold
warmest warmer warm / coolest cooler cool | oldest older old / youngest younger young newest newer new
oldest older old / latest | new latest modern recent / old ancient outdated
strongest stronger strong / weakest weaker weak | richest richer rich wealthy / poorest poorer poor
easiest easier easy simple / hardest harder hard difficult tough | heaviest heavier heavy / lightest lighter light
brightest brighter bright / darkest darker dark dim | happiest happier happy / saddest sadder sad unhappy
safest safer safe / dangerous unsafe risky | widest wider wide broad / narrowest narrower narrow
deepest deeper deep / shallow | thickest thicker thick / thinnest thinner thin
nearest nearer near closest closer close / farthest farther far furthest
earliest earlier early / latest later late | cleanest cleaner clean / dirtiest dirty
loudest louder loud / quiet quieter quietest silent | most more / least less fewer fewest | most more / none
maximum max maximize maximise / minimum min minimize minimise | upper / lower | top / bottom | major / minor
first / last final | next / last previous | former ex previously formerly / current present currently now
past / future present | before / after | above over / below under
inside indoor indoors within in / outside outdoor outdoors out beyond | up upward upwards / down downward downwards
on onto / off | into / out | left / right | front / back | forward forwards / backward backwards | north / south | east / west
buy purchase / sell | lend / borrow | increase raise gain grow / decrease reduce lower lose shrink cut | increase raise higher bigger larger / cut smaller lower | freeze frozen / unfreeze unfrozen | gain / lose
win / lose | enable activate / disable deactivate | add include / remove exclude subtract delete
add plus sum / subtract minus | multiply times / divide | open / close shut | lock / unlock
start begin commence / stop end finish quit | install / uninstall | connect / disconnect
attach / detach | accept allow permit approve / reject refuse deny forbid prohibit ban | agree / disagree
like love enjoy / dislike hate | love / hate | accelerate / decelerate | attack / defend | arrive / leave depart
enter / exit leave | import / export | upload / download | encode / decode | encrypt / decrypt
compress / decompress expand | push / pull | pass / fail | succeed success / fail failure
create build make / destroy delete | request requests / response responses | allowed permitted / compulsory mandatory obligatory required | forward / back | keep retain preserve / discard throw remove delete | overload overloading / override overriding | uppercase / lowercase | radius / diameter | current / all | appear / disappear | remember / forget | find / lose | give / take receive
send / receive | ask / answer | teach / learn | employ hire / fire dismiss | employer / employee
save / spend waste | follow / unfollow | block / unblock | show / hide | inhale / exhale
ascend ascending / descend descending | rise / fall drop sink | expand / contract | lengthen / shorten
strengthen / weaken | improve / worsen | cause / cure prevent treat | cause / reduce | prevent avoid / cause
advantage advantages pro pros benefit benefits strength / disadvantage disadvantages con cons drawback weakness
positive / negative | true / false fake | real genuine authentic / fake false | right correct / wrong incorrect
legal / illegal | public / private | male / female | indoor / outdoor | internal / external
domestic / foreign international | natural / artificial synthetic | hardware / software | online / offline
offline / live | asleep sleep / awake | alive living / dead | male man men boy / female woman women girl
married / single divorced | single / multiple | full / empty | wet / dry | raw / cooked | sweet / bitter sour
soft / hard | smooth / rough | hard / soft | sharp / blunt dull | guilty / innocent | friend / enemy
victory / defeat | war / peace | birth born / death died | day / night | summer / winter | morning / evening night
light / dark | heaven / hell | king / queen | husband / wife | mother / father | son / daughter | brother / sister
input / output | client / server | source / destination target | supply / demand
income revenue earn / expense expenditure | profit / loss | credit / debit | asset / liability | debt / equity
bull bullish / bear bearish | long / short | deposit / withdraw withdrawal | cause causes / effect effects consequence consequences | question / answer
theory / practice | always / never | everybody everyone all / nobody none | everything / nothing | with / without
many much / few | often frequently / rarely seldom | possible / impossible | able / unable | can / cannot
must / optional | majority / minority | similar same alike identical equal equivalent / different distinct unequal
similarity similarities / difference differences | introvert / extrovert
optimist optimistic / pessimist pessimistic | lazy / hardworking | patient calm / impatient
brave / afraid cowardly | generous / stingy selfish | confident / shy | conservative / liberal
democrat / republican | absent / present | active / passive | acid acidic / base basic alkaline | odd / even
horizontal / vertical | parallel / perpendicular | convex / concave | series / parallel | ac / dc | static / dynamic
synchronous sync / asynchronous async | mutable / immutable | same / another new | any / specific particular | premium / basic | relative / absolute | local / global remote
serial / parallel | ingress / egress | head / tail | prefix / suffix | plaintext / ciphertext
vertebrate / invertebrate | adult / child | senior / junior | beginner / expert advanced | amateur / professional
formal / informal | subjective / objective | qualitative / quantitative | singular / plural | literal / figurative
virtual / physical | wireless / wired | rural / urban | dominant / recessive | benign / malignant | acute / chronic
ally / enemy | hero / villain | optional / mandatory required compulsory | voluntary / involuntary
temporary / permanent
combine combined combining join joined merge merged unite united together / separate separated separately divide divided split apart
part member / separate independent | toward towards / away | union / intersection
encourage promote support foster / discourage diminish hinder oppose
validate confirm prove verify support / contradict refute disprove invalidate
include including contain / exclude excluding missing lack
common frequent usual normal ordinary typical / rare unusual uncommon abnormal strange odd awkward
important necessary essential significant vital integral / unnecessary unimportant insignificant irrelevant trivial negligible needless
well / poorly badly | uphold upheld / overturn overturned | limited finite / unlimited vast infinite endless
host / parasite | national international global / regional local
ousted expelled resigned / elected appointed joined | known famous popular / unknown obscure unpopular
welcome / unwelcome | simple / complex complicated | basic elementary / advanced
partial partially partly / complete completely full fully total totally entirely entire
exactly precisely / approximately roughly | sufficient enough adequate / insufficient inadequate
continue / stop quit cease | nearly almost / fully completely entirely totally exactly
regular / irregular | ascent climb / descent | flexible / rigid | fresh / stale rotten | solid / liquid gas
melt / freeze | boil / freeze | heat warm / cool chill | float / sink | visible / invisible hidden
transparent / opaque | attract / repel | love / fear | trust / distrust | praise / criticize criticise condemn blame
reward / punish | help / harm hurt | heal / harm hurt | protect / attack harm | innocent / guilty
honest / dishonest corrupt | loyal / disloyal traitor | moral ethical / immoral unethical amoral
rational / irrational | mature / immature | polite / rude | kind nice / cruel mean
smart clever intelligent / stupid dumb | wise / foolish | beautiful pretty handsome / ugly | clean / dirty
healthy / unhealthy sick ill | sick ill / well | thick fat / thin slim skinny | obese overweight / underweight
hungry / full | thirsty / quenched | awake / asleep | early / late | ancient / modern | former / latter
initial / final | original / copy | beginning start / end ending | entrance / exit | arrival / departure
landing land / takeoff | winner / loser | leader / follower | teacher / student | doctor / patient
buyer customer / seller vendor | borrower / lender | landlord / tenant | predator / prey | parent / child
mother father / child | ancestor / descendant | bride / groom | prosecutor plaintiff / defendant | offense / defense
offensive / defensive | attack / defence | victory win / defeat loss | gain profit / loss | rise / decline
growth / decline decay | boom / recession bust | inflation / deflation | surplus / deficit shortage
abundance / scarcity | wealth / poverty | freedom liberty / slavery | peace / conflict | order / chaos
optimism / pessimism | courage / fear | knowledge / ignorance | god / devil | good / evil | saint / sinner
male males / female females | men / women | boys / girls | sunrise / sunset | dawn / dusk | ceiling / floor
roof / basement | surface / depth | peak / bottom | maximum / minimum | numerator / denominator
addition / subtraction | multiplication / division | integral / derivative | increasing / decreasing
increment / decrement | ascending / descending | encryption / decryption | push / pop | insert / delete
login / logout | log_in / log_out | commit / revert rollback | frontend / backend | sender / receiver recipient
transmitter / receiver | producer / consumer | master / slave | row / column | vertical / horizontal
clockwise / counterclockwise anticlockwise | inner / outer | interior / exterior
inbound incoming / outbound outgoing | immigrate immigrant immigration / emigrate emigrant emigration
introvert introverted / extrovert extroverted | oldest eldest / youngest | some / all | only / all
long brief / short longer | fewer few / many several | constant same / varied various varies varying different
underestimated / overestimated | clarify / confuse | independent independently / dependent dependently based
supporter / critic opponent | social / industrial | presence / absence | recommended / discouraged
classic traditional / modern contemporary | northernmost / southernmost | easternmost / westernmost
manual manually hand / automatic automatically automated machine | uphold accepted accept / overturned overturn
susceptible vulnerable / immune resistant | primary main / secondary | mandatory / voluntary
competitor competition / partner cooperation | pregnant / infertile | vaccinated / unvaccinated
dominated / submissive | prefix / postfix | biotic / abiotic | aerobic / anaerobic | hot spicy / mild
cấm / cho_phép | yêu / ghét | khen / chê | nhập / xuất | tốt hay / xấu tệ dở | nhất / kém | lớn to / nhỏ bé
cao / thấp | dài / ngắn | nhanh / chậm | rẻ / đắt mắc | nóng / lạnh | mới / cũ | trẻ / già | mạnh / yếu
giàu / nghèo | dễ / khó | nặng / nhẹ | sáng / tối | vui / buồn | rộng / hẹp | sâu / nông cạn | dày / mỏng | gần / xa
sớm / muộn trễ | nhiều / ít | trước / sau | trên / dưới | trong / ngoài | đầu / cuối | lên / xuống | tăng / giảm
mua / bán | mở / đóng tắt | bật / tắt | thêm / bớt xóa | bắt_đầu / kết_thúc | thắng / thua bại
thành_công / thất_bại | cho / nhận | vay / trả | đến / đi rời | vào / ra | đúng / sai | có_lợi lợi / hại
ưu / nhược | nam / nữ | bắc / nam | đông / tây | trái / phải | sống / chết | yêu thích / ghét | tối_đa / tối_thiểu
đầu_tiên / cuối_cùng | trong_nước / nước_ngoài | hơn / kém | luôn / không | thật / dối | ưa thích / ghét
giống / khác | còn / hết | nhớ / quên | đủ / thiếu
`).flatMap((line) => line.split(' | '));

const POLES = new Map<string, Set<string>>();

function link(a: string, b: string): void {
  const known = POLES.get(a) ?? new Set<string>();
  known.add(b);
  POLES.set(a, known);
}

for (const row of PAIRS) {
  const [one = [], other = []] = row.split(' / ').map((pole) => pole.split(' '));
  for (const a of one)
    for (const b of other)
      for (const [x, y] of [
        [a, b],
        [stem(a), stem(b)],
      ] as const) {
        link(x, y);
        link(y, x);
      }
}

const PREFIXES = ['un', 'in', 'im', 'ir', 'il', 'dis', 'non', 'anti', 'mis', 'a', 'de'];
/** A prefix that opposes nothing. */
const NOT_OPPOSITE = new Set(
  'asleep abroad awhile infront inform informed invest investing income inside into index include incline indeed intend intent instance install infamous invaluable inflammable display discover discuss distance dispatch dispose discharge disease distribute impress improve import impact imprint immigrant unit union until unlike universe unify away alike alone about across against ago along amount around arrange ask asset assure attend await aware depart design depress derive despite detail determine mistake develop device misses nonstop decline debate demand deliver define defeat degree decode'.split(
    ' ',
  ),
);

function opposesByPrefix(short: string, long: string): boolean {
  if (short.length < 4 || NOT_OPPOSITE.has(long) || !long.endsWith(short)) return false;
  const prefix = long.slice(0, long.length - short.length);
  return PREFIXES.includes(prefix) && (prefix.length > 1 || short.length > 4);
}

const PREFIX_PAIRS: readonly (readonly [string, string])[] = [
  ['over', 'under'],
  ['up', 'down'],
  ['pre', 'post'],
  ['hyper', 'hypo'],
  ['macro', 'micro'],
  ['inter', 'intra'],
  ['in', 'out'],
  ['en', 'de'],
];
const SHARED_MIN = 3;

/** `overfitting`, `underfitting`; `upgrade`, `downgrade`. */
const opposesByPrefixes = (a: string, b: string): boolean =>
  PREFIX_PAIRS.some(([x, y]) => {
    const rest = a.startsWith(x) ? a.slice(x.length) : '';
    return rest.length >= SHARED_MIN && b === y + rest;
  });

function opposesByEnding(a: string, b: string): boolean {
  const less = a.endsWith('less') ? a.slice(0, -4) : undefined;
  if (less !== undefined && less.length > 2 && (b === less || b === `${less}ful` || b === `${less}y`)) return true;
  const ee = a.endsWith('ee') ? a.slice(0, -2) : undefined;
  return ee !== undefined && ee.length > 3 && (b === `${ee}er` || b === `${ee}or`);
}

/** Do the two words mean opposites, in a way that turns a question round? Symmetric. Lower case, stemmed or not. */
export function areOpposites(a: string, b: string): boolean {
  return (
    POLES.get(a)?.has(b) === true ||
    (a.endsWith('ly') && b.endsWith('ly') && POLES.get(a.slice(0, -2))?.has(b.slice(0, -2)) === true) ||
    opposesByPrefix(a, b) ||
    opposesByPrefix(b, a) ||
    opposesByPrefixes(a, b) ||
    opposesByPrefixes(b, a) ||
    opposesByEnding(a, b) ||
    opposesByEnding(b, a)
  );
}
