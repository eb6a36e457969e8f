import type { GuardTable } from './guard-table.samples.ts';

/** Of the text that a request gives to be worked on. */
export const GIVEN_TABLE: GuardTable = {
  given: {
    differ: [
      ['Where should the comma go? "After dinner we left"', 'Where should the comma go? "After dinner, we left"'],
      ['Is "She don\'t like it" correct?', 'Is "She doesn\'t like it" correct?'],
      ['Translate to French: I love my dog very much', 'Translate to French: I loved my dog very much'],
      ['Translate to French: you are coming?', 'Translate to French: you are coming.'],
      ['translate I love my dog to french', 'translate I loved my dog to french'],
      [
        "How do you say 'I am looking for my brother' in German?",
        "How do you say 'I was looking for my brother' in German?",
      ],
      ['How do you say I am late in German?', 'How do you say I was late in German?'],
      ['Fix the grammar: he go to school every day', 'Fix the grammar: he goes to school every day'],
      ['Correct this sentence: I dont know', "Correct this sentence: I don't know"],
      ['Is this sentence correct? I have went to the store', 'Is this sentence correct? I have gone to the store'],
      ['I have went to the store. Is this correct?', 'I have gone to the store. Is this correct?'],
      ['Spell check: accomodation', 'Spell check: accommodation'],
      ['Capitalize this title: the lord of the rings', 'Capitalize this title: The Lord of the rings'],
      [
        'How many words are in this sentence: the fox jumps over the dog',
        'How many words are in this sentence: the fox jumps over a dog',
      ],
      ['Paraphrase: she left because she was tired', 'Paraphrase: she left as she was tired'],
      [
        'Summarize this text:\nSales rose. The outlook is good.',
        'Summarize this text:\nSales rose. The outlook is fair.',
      ],
      [
        'Sales rose, costs fell.\n\nSummarize the text above.',
        'Sales rose, costs fell a bit.\n\nSummarize the text above.',
      ],
      ['Classify the sentiment: the staff were friendly', 'Classify the sentiment: the staff were kind'],
      [
        'Reply to this email: Hi, could you send me the slides?',
        'Reply to this email: Hi, could you send me the notes?',
      ],
      ['What does "dog day" mean?', 'What does "dog days" mean?'],
      ['Sort these words: pear, fig, apple', 'Sort these words: fig, pear, apple, plum'],
      ['Which of the following is a prime: nine or seven?', 'Which of the following is a prime: nine or eleven?'],
      [
        'Sửa lỗi chính tả: hôm nay trời đẹp qúa, chúng ta đi chơi',
        'Sửa lỗi chính tả: hôm nay trời đẹp quá, chúng ta đi chơi',
      ],
      ['Dịch sang tiếng Anh: tôi rất thích con mèo', 'Dịch sang tiếng Anh: tôi rất quý con mèo'],
      ['Thêm dấu cho câu này: toi di hoc', 'Thêm dấu cho câu này: tôi đi học'],
    ],
    same: [
      ['Translate the following into Italian: The bill, please', 'Translate into Italian: the bill, please.'],
      ['Can you translate this to French for me: I am very tired', "Translate to French: I'm very tired"],
      ['Please fix the grammar in this sentence: he go to school', 'Fix the grammar of this sentence: he go to school'],
      ["How do you say 'thank you very much' in Japanese?", 'how do you say thank you very much in japanese'],
      [
        'translate "where is the train station" to italian',
        'Could you give me the Italian translation of "Where is the train station?"',
      ],
      ["I need the sentence 'I'm allergic to nuts' in Thai", 'Translate "I am allergic to nuts" into Thai'],
      ['What does "carpe diem" mean?', 'What does carpe diem mean?'],
      [
        "Can I change the name on my ticket? There's a typo in it.",
        'Can I change the name on my ticket because of a typo?',
      ],
      ['Why is YouTube not working? How can I fix this?', 'How can I fix YouTube when it is not working?'],
      ['My card was declined. What does that mean?', 'What does it mean that my card was declined?'],
      ['Tell me: who painted the Night Watch', 'Who was the Night Watch painted by?'],
      ['Phí dịch vụ là bao nhiêu: tôi mở thẻ mới', 'Mở thẻ mới mất bao nhiêu phí dịch vụ?'],
      [
        'The town was named after the old word "Mil" because in the local tongue it has the meaning of hill.',
        'The town was named after an old word because in the local tongue it has the meaning of "hill".',
      ],
    ],
  },
};
