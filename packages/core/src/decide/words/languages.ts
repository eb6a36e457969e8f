import { words } from './lines.ts';

/** Spelt as an English word, or as a name that English texts have. */
const ENGLISH = new Set(
  words(
    'a an as at be come do den des do for had has hat he her his in is it la le les los las man may me men min no not of on or par per pro sin so son star su sur tag ten tu un van vi via was we what who will mi mon ma ta mas de di el il en es et po si ha ho hay od on par pot para mit der das con sei se te to tot art bin fast gut kind rat rote van om op uit net mag over aan dan al us nos our all pour case fin fine ni ki ko se ka ke par wa ya za nu cat cum ce de os em im am ist na ba mo sa ako bu ne var kim men ei ja ki mi ez az van nem ana ali ben sen bir biz siz ton tout ma mien mes mal mais once sera sera mio mia tua dal non era due per vi lei sole fare mine mite met door been toe toen die war',
  ),
);

/** Short words that give a language in Latin letters away. */
export const LANGUAGE_WORDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    en: 'the is are was what how why who when where which do does did can of and to for with from you your i my it that this have has be there should would if or not an about between get',
    vi: 'la cua va nhung duoc khong trong cho cac mot nguoi nao gi khi nhu voi thi o dau bao nhieu tai sao the da co toi ban nay ve den tu hay va ra',
    fr: 'le la les des du une est et que qui quoi dans pour avec sur pas vous je il elle comment pourquoi quand quel quelle où sont au aux ce cette peut mon ma son sa',
    es: 'el los las una del es y que en por para con como qué cómo cuál dónde cuándo quién está son mi su se más puedo al lo hay por',
    de: 'der die das den dem ein eine einen ist und nicht wie was wer wo wann warum ich sie es zu mit für von auf im kann wird sind man welche bei',
    it: 'il lo gli una della del è e che di per con come cosa dove quando chi perché sono non nel posso mio più sul alla',
    pt: 'o os as um uma do da dos das é e que em por para com como qual onde quando quem são não meu no na posso mais ao',
    nl: 'de het een is en van niet hoe wat wie waar wanneer waarom ik je zijn met voor op kan dat die naar',
    id: 'yang dan di ke dari apa bagaimana siapa mengapa kapan adalah untuk dengan ini itu saya anda tidak bisa dalam pada',
    tr: 've bir bu ne nasıl neden kim nerede için ile mi mı mu değil olan en çok var hangi',
    pl: 'i w na z jest co jak kto gdzie kiedy dlaczego się nie do czy to od dla są ja',
    sv: 'och att det är en ett vad hur vem var när varför jag du inte på för med av kan den',
  }).map(([language, list]) => [language, new Set(words(list))]),
);

/** Words of grammar and of asking in languages that are written in Latin letters, none of them an English word. */
export const FOREIGN_WORDS: ReadonlySet<string> = new Set(
  words(`
el los las una unos unas del por para con qué cómo cuál cuáles cuánto cuánta cuántos dónde cuándo quién como cual cuanto donde cuando quien está están puedo puede pueden debo quiero necesito tengo tiene tienen hago hacer hace es son mi mis tu su sus sobre entre desde hasta sin más menos muy pero también porque qué hay ser fue ese esa este esta esto
le les des une un du au aux dans pour avec sur sous sans chez est sont être avoir suis êtes avez ont fait faire peut peux puis pouvez dois doit faut je tu il elle nous vous ils elles mon ma mes ton ta tes notre votre nos vos leur qui que quoi quel quelle quels quelles comment pourquoi quand où combien pas plus très mais aussi cette ces cet
der das dem des ein eine einen einem einer eines und oder nicht kein keine wie wer wo wann warum wieso wieviel welche welcher welches ich du er sie wir ihr mein meine meinen meinem meiner dein deine sein ihre ist sind bin kann kannst können könnte muss müssen darf dürfen soll wird werden wurde haben habe hast zu zum zur mit für von vom auf aus bei nach über unter zwischen ohne im ins auch noch schon sehr mehr viel viele gibt machen mache
il lo gli della dello degli delle dei nel nella sul sulla dal dalla alla agli alle che chi cosa come dove quando quanto quanti quante quale quali perché sono è sei siamo posso può possono devo deve vorrei ho hai ha abbiamo hanno mio mia miei mie tuo tua suo sua questo questa questi non più molto anche senza tra fra
os uma uns umas dos das nos nas pelo pela em com sem como qual quais onde quando quem quanto quantos porque é são estou está tenho tem posso pode podem devo preciso quero faço fazer meu minha meus minhas seu sua este isso não mais muito também até entre sobre
het een de van en niet geen hoe wat wie waar wanneer waarom welke welk hoeveel ik jij je hij zij wij mijn jouw zijn haar ons onze kan kun kunnen moet moeten mag wil worden wordt heb heeft hebben voor met zonder op aan uit bij naar over tussen tot ook nog meer veel dit deze
yang di ke dari apa apakah bagaimana siapa mengapa kenapa kapan dimana mana berapa adalah untuk dengan tanpa ini itu saya aku kamu anda kami kita mereka tidak bukan bisa dapat boleh harus mau ingin cara dalam pada oleh akan sudah belum atau dan jika
ve bir bu ne nasıl nasil neden niçin kim nerede nereye için icin ile mi mı mu mü değil degil çok cok hangi kaç kac kadar olan olarak gibi daha benim ben sen biz siz onlar var yok ederim edebilirim yapabilirim yapılır lazım gerekir
jest są się nie jak jaki jaka jakie kto co gdzie kiedy dlaczego czy mogę może można muszę chcę mam ma mój moja moje dla przez od do na po przy oraz ale lub bez już bardzo ile który która które żeby
och att det är ett inte hur vad vem var när varför vilken vilket jag du han hon vi ni mitt min mina din kan ska vill måste får har hade från till på för med utan om mellan eller också mycket
og jeg ikke hvordan hvad hva hvem hvor når hvorfor hvilken hvilket mit mitt din kan skal vil må til på fra uten uden hos mellem mellom eller også meget hvis
ei en et ja mikä mitä miten kuka missä milloin miksi kuinka onko voiko voin minun olen ovat tämä että tai mutta kanssa ilman
jak co kdo kde kdy proč který mohu můžu musím je jsou mám můj moje pro bez nebo není
hogyan mi mit ki hol mikor miért melyik van nem és vagy egy az ez hány lehet kell tudok szeretnék nekem
cum ce cine unde când cand de care este sunt pot poate trebuie vreau meu mea pentru fără fara din nu și sau cât cat
ang ng mga sa ko mo ako ikaw siya kami tayo sila paano ano sino saan kailan bakit magkano ilan gaano ba po na hindi wala may mayroon pwede puwede gusto kung para
kaise kya kyu kyun kyon kab kahan kahaan kaun kitna kitne kitni mera mere meri mujhe aap aapka hum tum uska hai hain ho hota karna kare karen karein karu karun kar sakte sakta sakti nahi nahin nhi aur liye mein ka ki ke ko se par wala wali bhi
nini wapi lini nani kwa nini gani ngapi ninaweza jinsi gani ya wa za kwa na katika ni si
`).filter((word) => word.length > 1 && !ENGLISH.has(word)),
);

/** Letters that only Vietnamese has among the languages written in Latin script. */
export const VIETNAMESE_LETTER = /[ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/u;
