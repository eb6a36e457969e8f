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

/** Letters that only Vietnamese has among the languages written in Latin script. */
export const VIETNAMESE_LETTER = /[ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/u;
