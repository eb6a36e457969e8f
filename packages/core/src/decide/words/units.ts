import { lines } from './lines.ts';

export interface Unit {
  readonly id: string;
  readonly dimension: string;
  /** In the dimension's base unit; absent when it has no fixed ratio to others. */
  readonly factor: number | undefined;
}

/** dimension id factor: names that mean the unit anywhere | short forms that mean it only beside a number */
const TABLE = lines(`
length mm 0.001: millimeter millimetre millimeters millimetres | mm
length cm 0.01: centimeter centimetre centimeters centimetres | cm cms
length m 1: meter metre meters metres mét | m
length km 1000: kilometer kilometre kilometers kilometres km kms cây | k.m
length inch 0.0254: inch inches | in
length foot 0.3048: feet | foot ft
length yard 0.9144: yards | yard yd
length mile 1609.344: mile miles dặm | mi
speed kmh 1: kmph kmh kph kmhr |
speed mph 1.609344: mph |
mass mg 0.000001: milligram milligrams | mg
mass g 0.001: gram grams | g gm gms
mass kg 1: kilogram kilograms kilo kilos kg kgs ký cân | k.g
mass ton 1000: ton tons tonne tonnes tấn | t
mass lb 0.45359237: lb lbs | pound pounds
mass oz 0.028349523: ounce ounces oz |
volume ml 0.001: milliliter millilitre milliliters millilitres | ml
volume l 1: liter litre liters litres lít | l
volume gallon 3.785411784: gallon gallons |
volume pint: pint pints |
volume cup: | cup cups
volume tablespoon: tablespoon tablespoons tbsp |
volume teaspoon: teaspoon teaspoons tsp |
data bit: | bit bits
data byte 1: byte bytes |
data kb 1000: kilobyte kilobytes kb | 
data mb 1000000: megabyte megabytes mb |
data gb 1000000000: gigabyte gigabytes gb |
data tb 1000000000000: terabyte terabytes tb |
rate kbps: kbps |
rate mbps: mbps |
rate gbps: gbps |
time ms 0.001: millisecond milliseconds | ms
time s 1: seconds giây | second sec secs s
time minute 60: minutes phút | minute min mins
time hour 3600: hour hours hourly hr hrs tiếng giờ | h
time day 86400: day days daily ngày |
time week 604800: week weeks weekly tuần |
time month 2629746: month months monthly tháng |
time quarter 7889238: quarterly |
time year 31556952: year years yearly yr yrs annual annually | năm
time decade 315569520: decade decades |
time century 3155695200: century centuries |
temperature celsius: celsius celcius celsisus centigrade | c
temperature fahrenheit: fahrenheit farenheit fahrenheight farenheight | f
temperature kelvin: kelvin |
energy kcal: calorie calories kcal | cal
energy joule: joule joules |
energy kwh: kwh |
power w 1: watt watts | w
power kw 1000: kilowatt kilowatts kw |
power hp: horsepower | hp
power mw 1000000: megawatt megawatts |
voltage v 1: volt volts | v
frequency hz 1: hertz hz |
frequency mhz 1000000: megahertz mhz |
frequency ghz 1000000000: gigahertz ghz |
pressure psi: psi |
pressure bar: | bar
pressure pa: pascal pascals |
area acre: acre acres |
area hectare: hectare hectares |
angle degree: | degree degrees °
angle radian: radian radians |
share percent: percent percentage % phần_trăm |
clock am: | am a.m
clock pm: | pm p.m
money usd: dollar dollars usd $ đô |
money eur: euro euros eur € |
money gbp: gbp sterling £ | quid
money inr: rupee rupees inr ₹ rs |
money jpy: yen jpy ¥ |
money cny: yuan renminbi rmb cny |
money vnd: vnd vnđ ₫ | đồng
money aud: aud |
money cad: cad |
money sgd: sgd |
money aed: dirham dirhams aed |
money chf: chf |
money krw: krw |
money rub: ruble rubles rouble roubles |
money btc: bitcoin bitcoins btc |
money eth: ethereum |
money peso: peso pesos |
money cent: cent cents |
`);

const ANYWHERE = new Map<string, Unit>();
const BESIDE_NUMBER = new Map<string, Unit>();
for (const row of TABLE) {
  const [head = '', names = ''] = row.split(/:(.*)/s);
  const [dimension = '', id = '', factor] = head.split(' ');
  const unit: Unit = { id, dimension, factor: factor === undefined ? undefined : Number(factor) };
  const [full = '', short = ''] = names.split('|').map((part) => part.trim());
  for (const name of full.split(' ').filter(Boolean)) ANYWHERE.set(name, unit);
  for (const name of short.split(' ').filter(Boolean)) BESIDE_NUMBER.set(name, unit);
}

/** The unit a word names wherever it stands. */
export function unitWord(text: string): Unit | undefined {
  return ANYWHERE.get(text);
}

/** The unit a word names right after a number. */
export function unitAfterNumber(text: string): Unit | undefined {
  return ANYWHERE.get(text) ?? BESIDE_NUMBER.get(text);
}
