import { words } from '../words/lines.ts';

const set = (list: string): ReadonlySet<string> => new Set(words(list));

/** Forms of `be`, `do`, `have` and modal verbs: what stands before a subject in a question, or behind one. */
export const AUXILIARIES = set(`
is are am was were be been do does did has have had will would shall should can could may might must
`);

/** They begin a clause of their own: what stands before them can be what a pronoun means. */
export const CLAUSE_STARTS = set(`
and but or nor if when whenever because so that which who whom while before after since until till unless although
though whether as than without & where why how
`);

/** A word behind them is a verb. */
export const BEFORE_VERBS = set('to i you we they he she it please not let us');

export const DETERMINERS = set(`
the a an this that these those my your his her its our their some any each every another no all both me you him us
them it here there
`);

/** Of measure and quality: nothing that a pronoun could mean. */
export const QUALITIES = set(`
old long much many far big small tall short good bad well best better worse worst often fast slow high low deep wide
hot cold few little more most less same different new soon late early possible likely
`);

/** Sentences that tell what to do begin with them. */
export const COMMANDS = set(`
explain describe tell show give list write fix install translate summarize summarise define compare find make create
convert calculate rewrite rephrase help say continue elaborate expand shorten improve check run delete remove open use
stop start change add send get buy sell read convert draw turn set configure build solve prove simplify
`);

export const PERSONS = set(`
man men woman women boy boys girl girls guy guys person people child children kid kids baby babies toddler son
daughter mother father mom mum mommy dad daddy parent parents brother sister wife husband spouse partner boyfriend
girlfriend friend friends cousin uncle aunt nephew niece grandmother grandfather grandma grandpa boss manager
colleague coworker teacher student professor doctor nurse patient lawyer actor actress singer artist author writer
president minister king queen prince princess ceo founder player coach leader scientist someone somebody anyone
anybody everyone everybody one crush ex roommate neighbor neighbour landlord tenant employee employer customer client
dog puppy cat kitten horse character god husbands wives
`);

/** `is it ... to X`: with these `it` is a thing, and `to` belongs to them. */
export const OWN_TO = set(`
related relate compared compare similar linked connected belong belongs lead leads go goes going refer refers apply applies
next close due equal compatible open known used able supposed about ready designed meant made built attached tied
dedicated translated converted listening responding
`);

/** Verbs that `it` is the subject of when the sense stands behind them: `it takes ... to`. */
export const IMPERSONAL = set(`
take takes took cost costs mean means meant feel feels hurt hurts help helps pay pays make makes require requires need
needs matter matters become becomes get gets look looks seem seems sound sounds
`);

export const WEATHER = set(
  'rain raining rains rained snow snowing snows hail hailing sunny cloudy windy foggy thunder dark',
);
/** As they are, with a place or a time behind them; as it becomes, alone. */
export const TEMPERATURES = set('hot cold warm cool cooler colder warmer hotter humid light');
export const TIMES = set('time day date month year season hour');
export const JUDGED = set(`
safe ok okay bad good fine legal illegal possible worth wrong right normal healthy hard easy fun rude weird better
best dangerous useful useless pointless
`);

/** Behind `does this`: the verb of it, not a noun that it points at. */
export const PLAIN_VERBS = set(`
mean work happen help apply affect cost look sound count matter make do compare differ relate take last exist come go
refer imply explain show say
`);
