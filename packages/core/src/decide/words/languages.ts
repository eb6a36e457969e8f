import { words } from './lines.ts';

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

/**
 * Words of grammar and of asking in languages that are written in Latin letters, a line each. None is an English word too, nor a name that English
 * texts have (`die`, `los`, `la`, `van`).
 */
export const FOREIGN_WORDS: ReadonlySet<string> = new Set(
  words(`
una unos unas del por qué cómo cuál cuáles cuánto cuánta cuántos dónde cuándo quién como cual cuanto donde cuando quien está están puedo puede pueden debo quiero necesito tengo tiene tienen hago hacer hace mis sus sobre entre desde hasta más menos muy pero también porque ser fue ese esa este esta esto
une du au aux dans avec sous sans chez est sont être avoir suis êtes avez ont fait faire peut peux puis pouvez dois doit faut je elle nous vous ils elles tes notre votre vos leur qui que quoi quel quelle quels quelles comment pourquoi quand où combien pas plus très aussi cette ces cet
dem ein eine einen einem einer eines und oder nicht kein keine wie wer wo wann warum wieso wieviel welche welcher welches ich er sie wir ihr mein meine meinen meinem meiner dein deine sein ihre sind kann kannst können könnte muss müssen darf dürfen soll wird werden wurde haben habe hast zu zum zur für von vom auf aus bei nach über unter zwischen ohne ins auch noch schon sehr mehr viel viele gibt machen mache
lo gli della dello degli delle dei nel nella sul sulla dalla alla agli alle che chi cosa dove quando quanto quanti quante quale quali perché sono siamo posso può possono devo deve vorrei hai abbiamo hanno miei mie tuo suo sua questo questa questi più molto anche senza tra fra
uma uns umas dos nas pelo pela com sem qual quais onde quem quantos são estou tenho tem pode podem preciso quero faço fazer meu minha meus minhas seu isso não muito também até
het een niet geen hoe wat waar wanneer waarom welke welk hoeveel ik jij hij zij wij mijn jouw zijn haar ons onze kan kun kunnen moet moeten wil worden wordt heb heeft hebben voor zonder bij naar tussen ook nog meer veel dit deze
yang dari apa apakah bagaimana siapa mengapa kenapa kapan dimana mana berapa adalah untuk dengan tanpa ini itu saya aku kamu anda kami kita mereka tidak bukan bisa dapat boleh harus mau ingin cara dalam pada oleh akan sudah belum atau jika
ve nasıl nasil neden niçin nerede nereye için icin ile mı mu mü değil degil çok cok hangi kaç kac kadar olan olarak gibi daha benim onlar yok ederim edebilirim yapabilirim yapılır lazım gerekir
jest są się nie jak jaki jaka jakie kto co gdzie kiedy dlaczego czy mogę może można muszę chcę mam mój moja moje dla przez przy oraz ale lub bez już bardzo który która które żeby
och att det är ett inte hur vad vem när varför vilken vilket jag han hon mitt mina din ska vill måste får har hade från till på för med utan mellan eller också mycket
og jeg ikke hvordan hvad hva hvem hvor når hvorfor hvilken hvilket skal vil må til uten uden hos mellem mellom også meget hvis
mikä mitä miten kuka missä milloin miksi kuinka onko voiko voin minun olen ovat tämä että tai mutta kanssa ilman
kdo kde kdy proč který mohu můžu musím jsou mám můj nebo není
hogyan hol mikor miért melyik és vagy egy hány lehet kell tudok szeretnék nekem
cine unde când cand care sunt poate trebuie vreau mea pentru fără fara și sau cât
ang ng mga ikaw siya tayo sila paano ano sino saan kailan bakit magkano ilan gaano hindi wala mayroon pwede puwede gusto kung
kaise kya kyu kyun kyon kab kahan kahaan kaun kitna kitne kitni mera mere meri mujhe aap aapka hum tum uska hain hota karna kare karen karein karu karun kar sakte sakta sakti nahi nahin nhi aur liye wali bhi
nini wapi lini nani kwa gani ngapi ninaweza jinsi katika
`),
);

/** Letters that only Vietnamese has among the languages written in Latin script. */
export const VIETNAMESE_LETTER = /[ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/u;
