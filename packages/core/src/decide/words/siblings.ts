import { stem } from '../text/stem.ts';
import { lines } from './lines.ts';

/** One line a group: swapping one of its members for another changes the answer. `_` joins a name of two words. */
const GROUPS = lines(`
month: january/jan february/feb april/apr june/jun july/jul august/aug september/sept/sep october/oct november/nov december/dec
weekday: monday/mon tuesday/tue/tues wednesday/wed thursday/thu/thurs friday/fri saturday sunday weekend weekday
season: spring summer autumn/fall winter monsoon mùa_xuân mùa_hè/mùa_hạ mùa_thu mùa_đông
meal: breakfast lunch dinner/supper brunch snack dessert
daytime: morning afternoon evening night noon midnight sáng chiều tối trưa
weekday_vi: thứ_hai thứ_ba thứ_tư thứ_năm thứ_sáu thứ_bảy chủ_nhật
compass: north/northern south/southern east/eastern west/western northeast/northeastern northwest/northwestern southeast/southeastern southwest/southwestern
compass_vi: bắc nam đông tây
side: left right top bottom front back middle center/centre upper lower
colour: red blue green yellow black white orange purple pink brown grey/gray gold/golden silver violet beige turquoise maroon
colour_vi: đỏ xanh vàng đen trắng cam tím hồng nâu xám
size: small/tiny medium large/big/huge
material: iron steel copper aluminium/aluminum gold silver plastic wood/wooden glass leather cotton silk wool rubber paper concrete
element: hydrogen oxygen nitrogen carbon helium sodium potassium calcium magnesium zinc lead mercury uranium chlorine iodine sulfur/sulphur
planet: mercury venus earth mars jupiter saturn uranus neptune pluto moon sun
diet: vegan vegetarian pescatarian carnivore halal kosher
kin: mother/mom/mum/mommy father/dad/daddy brother sister son daughter wife husband uncle aunt grandfather/grandpa grandmother/grandma nephew niece cousin girlfriend boyfriend
kin_vi: cha/bố mẹ ông bà vợ/bà_xã chồng/ông_xã
gender: he/him/his/himself she/her/hers/herself
gender2: man/male/guy/boy/gentleman woman/female/girl/lady
gender_vi: đàn_ông/con_trai phụ_nữ/con_gái
pet: dog/puppy cat/kitten hamster rabbit/bunny turtle fish bird parrot snake horse cow pig goat sheep chicken duck elephant lion tiger bear wolf monkey snail crocodile fox deer mouse/rat frog spider lizard ant bee whale shark dolphin squirrel
body: head neck shoulder arm elbow wrist hand finger chest stomach back hip leg knee ankle foot toe eye ear nose mouth tooth lip tongue liver kidney lung heart brain skin
fruit: apple banana mango orange grape lemon lime peach pear plum cherry strawberry blueberry pineapple watermelon avocado coconut
food: rice bread pasta pizza potato tomato onion garlic cheese butter milk egg beef pork chicken fish lamb tofu chocolate sugar salt honey
drink: water tea coffee milk juice beer wine whiskey/whisky vodka rum soda
vehicle: car bike/bicycle/cycle motorcycle/motorbike bus train truck plane/airplane/aeroplane boat ship helicopter scooter van taxi
degree: bachelor/bachelors/undergraduate master/masters/msc/ms phd/doctorate mba diploma btech mtech
grade: kindergarten elementary
science: physics chemistry biology mathematics/maths/math geography history economics philosophy psychology sociology statistics astronomy geology
engineering: mechanical electrical civil chemical aerospace biomedical
sport: football/soccer cricket tennis basketball baseball hockey golf rugby volleyball badminton swimming boxing wrestling cycling gymnastics
instrument: guitar piano violin drum flute saxophone trumpet cello ukulele
work: book/novel film/movie musical podcast
genre: rock jazz pop rap classical metal blues country reggae techno
art: poem essay story song novel letter haiku
religion: christian/christianity/christians muslim/islam/muslims/islamic hindu/hinduism/hindus buddhist/buddhism jewish/judaism/jew/jews sikh/sikhism jain/jainism atheist/atheism catholic/catholicism protestant mormon
party: democrat/democratic/democrats republican/republicans libertarian
politics: liberal conservative socialist/socialism communist/communism capitalist/capitalism fascist/fascism
continent: africa/african asia/asian europe/european america/american australia/australian antarctica
country: india/indian china/chinese japan/japanese germany/german france/french italy/italian spain/spanish/spaniard portugal/portuguese russia/russian usa/us/america/american/united_states uk/britain/british/united_kingdom england/english/britain ireland/irish scotland/scottish wales/welsh canada/canadian australia/australian new_zealand mexico/mexican brazil/brazilian argentina/argentinian/argentine chile/chilean colombia/colombian peru/peruvian venezuela cuba/cuban egypt/egyptian nigeria/nigerian kenya/kenyan ethiopia/ethiopian ghana morocco/moroccan south_africa pakistan/pakistani bangladesh/bangladeshi sri_lanka nepal/nepali/nepalese bhutan afghanistan/afghan iran/iranian iraq/iraqi israel/israeli palestine/palestinian syria/syrian turkey/turkish saudi_arabia/saudi dubai/uae qatar kuwait lebanon jordan yemen indonesia/indonesian malaysia/malaysian singapore/singaporean thailand/thai vietnam/vietnamese philippines/filipino/philippine cambodia laos myanmar/burma/burmese taiwan/taiwanese hong_kong mongolia korea/korean north_korea south_korea poland/polish ukraine/ukrainian czech hungary/hungarian romania/romanian bulgaria/bulgarian greece/greek serbia/serbian croatia/croatian austria/austrian switzerland/swiss belgium/belgian netherlands/dutch/holland denmark/danish sweden/swedish norway/norwegian finland/finnish iceland/icelandic estonia latvia lithuania georgia armenia azerbaijan kazakhstan jamaica haiti panama
country_vi: lào mỹ/hoa_kỳ anh pháp đức nga nhật/nhật_bản trung_quốc hàn_quốc triều_tiên ấn_độ việt_nam thái_lan úc tây_ban_nha bồ_đào_nha hà_lan
city: london paris berlin madrid barcelona rome milan vienna amsterdam brussels moscow istanbul tokyo osaka kyoto beijing shanghai seoul bangkok hanoi/hà_nội saigon/sài_gòn/ho_chi_minh jakarta manila mumbai/bombay delhi/new_delhi bangalore/bengaluru hyderabad chennai/madras kolkata/calcutta pune ahmedabad jaipur lucknow chandigarh kochi goa karachi lahore dhaka kathmandu colombo cairo lagos nairobi johannesburg sydney melbourne brisbane perth auckland toronto vancouver montreal ottawa new_york/nyc chicago boston houston dallas austin denver seattle portland san_francisco san_diego los_angeles las_vegas phoenix atlanta miami philadelphia detroit washington tampa orlando nashville minneapolis baltimore cleveland pittsburgh dubai doha riyadh đà_nẵng huế hải_phòng cần_thơ
state: alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada new_jersey new_mexico north_carolina south_carolina ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia wisconsin wyoming maharashtra gujarat karnataka kerala punjab rajasthan tamilnadu/tamil_nadu bihar bengal uttar_pradesh telangana haryana assam odisha/orissa
language: english french german spanish italian portuguese russian chinese/mandarin japanese korean arabic hindi bengali tamil telugu marathi urdu punjabi turkish persian/farsi vietnamese thai dutch swedish polish greek hebrew latin sanskrit
company: google/gmail microsoft apple amazon facebook/fb twitter instagram whatsapp snapchat netflix youtube linkedin tesla samsung sony nokia huawei xiaomi oneplus motorola lenovo dell hp asus acer intel amd nvidia ibm oracle adobe uber lyft airbnb paypal ebay alibaba flipkart walmart target starbucks mcdonalds toyota honda ford bmw audi mercedes volkswagen hyundai nike adidas pepsi coke/coca_cola quora reddit wikipedia pinterest tinder spotify tcs infosys wipro accenture deloitte airtel jio vodafone verizon skype slack zoom telegram tiktok viber
device: laptop/notebook desktop tablet phone/smartphone/mobile iphone ipad macbook ipod kindle watch/smartwatch tv/television camera printer router android windows ios
profession: doctor/physician nurse lawyer/attorney engineer teacher professor accountant architect artist author/writer banker baker carpenter chef/cook dentist designer economist editor electrician entrepreneur farmer firefighter historian interpreter investor journalist/reporter judge librarian mechanic model musician nutritionist painter pharmacist photographer pilot plumber politician programmer/developer psychologist salesperson scientist secretary singer soldier surgeon translator waiter actor/actress adviser/advisor administrator activist analyst assistant auditor agent executive educator consultant manager intern organizer producer director academic
rank: captain lieutenant sergeant colonel general admiral major president vice_president governor senator mayor king queen prince princess ceo cfo cto minister
disease: cancer diabetes asthma aids/hiv malaria flu/influenza cold covid/coronavirus hepatitis tuberculosis pneumonia dengue
os: windows linux mac/macos/osx ubuntu android ios
shape: square circle triangle rectangle cube sphere cone cylinder pentagon hexagon
comparison: more fewer/less most least
quantity: all none half
frequency: always never rarely sometimes often
currencyword: million billion trillion thousand
math: sine cosine tangent sum difference product quotient mean median mode minimum maximum average
weather: rain snow wind storm hurricane tornado
blood: systolic diastolic
position: first last next previous
keyword: let const var
collection: array list tuple set dictionary/dict map stack queue vector
age: adult infant/baby toddler teenager/teen senior/elderly
aspect: benefit/advantage/pros symptom/sign treatment/cure/remedy side_effect/side_effects/risk/danger cause
drug: aspirin ibuprofen paracetamol/acetaminophen/tylenol naproxen codeine morphine insulin
investment: stock bond
grain: wheat corn barley oat rice
order: cancel place track return
branch: local remote
`);

interface Membership {
  readonly group: string;
  readonly member: string;
  /** Of a list of Vietnamese words. */
  readonly vietnamese: boolean;
}

const MEMBERS = new Map<string, Membership[]>();
/** By stems that have lost an `e`, which are other words by themselves: `main` is no Maine. */
const STEMS = new Map<string, Membership[]>();
const PHRASES = new Set<string>();

function enter(index: Map<string, Membership[]>, name: string, membership: Membership): void {
  const known = index.get(name) ?? [];
  known.push(membership);
  index.set(name, known);
}

for (const row of GROUPS) {
  const [group = '', list = ''] = row.split(': ');
  for (const entry of list.split(' ')) {
    const [member = '', ...aliases] = entry.split('/');
    for (const name of [member, ...aliases]) {
      const membership = { group: group.replace(/_vi$/, ''), member, vietnamese: group.endsWith('_vi') };
      enter(MEMBERS, name, membership);
      const base = stem(name);
      if (base !== name) enter(`${base}e` === name ? STEMS : MEMBERS, base, membership);
      if (name.includes('_')) PHRASES.add(name);
    }
  }
}

/** The groups that a name belongs to, and which member it is there. Lower case; two words joined by `_`. */
export function membershipsOf(name: string): readonly Membership[] {
  return MEMBERS.get(name) ?? [];
}

/** The same for a word that stands in another form than its key: `horses`, whose key is `hors`. */
export function membershipsOfStem(key: string): readonly Membership[] {
  return [...(MEMBERS.get(key) ?? []), ...(STEMS.get(key) ?? [])];
}

export function isGroupedPhrase(name: string): boolean {
  return PHRASES.has(name);
}
