import type { GuardTable } from './guard-table.samples.ts';

/** Of guards on what a question says of it. */
export const MEANING_TABLE: GuardTable = {
  negation: {
    differ: [
      ['Why do people vote?', 'Why do people not vote?'],
      ['Is it ok to smoke?', 'Is it ok not to smoke?'],
      ['Why can I see it?', "Why can't I see it?"],
      ['Can I fly with ID?', 'Can I fly without ID?'],
      ['Were they not asked how to vote?', 'Were they asked how not to vote?'],
      ['Ai đến dự tiệc?', 'Ai không đến dự tiệc?'],
      ['The method has been shown to work', 'The method has yet to be shown to work'],
    ],
    same: [
      ["Why don't people vote?", 'Why do not people vote?'],
      ['How can I be positive?', 'How can I be a person who is not negative?'],
      ['Bạn có thích nó không?', 'Bạn có thích nó?'],
      [
        'Vì sao nhiều gia đình trẻ ở thành phố lớn muốn về quê làm ăn?',
        'Vì sao không ít gia đình trẻ ở thành phố lớn muốn về quê làm ăn?',
      ],
      ["Why can't penguins fly?", 'Why are penguins unable to fly?'],
      ['How do I avoid debt?', 'How can I prevent debt?'],
      ['Should I go or not?', 'Should I go?'],
      ['Hàng không Việt Nam ở đâu?', 'Việt Nam hàng không ở đâu?'],
    ],
  },
  antonym: {
    differ: [
      ['What is the best phone?', 'What is the worst phone?'],
      ['Is it legal to park here?', 'Is it illegal to park here?'],
      ['How do I enable cookies?', 'How do I disable cookies?'],
      ['How do I jump onto a train?', 'How do I jump off a train?'],
      ['Is it safe to read before 6pm?', 'Is it safe to read after 6pm?'],
      ['Who is the employer?', 'Who is the employee?'],
      ['Đội nào thắng?', 'Đội nào thua?'],
    ],
    same: [
      ['Why do tractors have big rear and small front wheels?', 'Why are rear wheels bigger than small front wheels?'],
    ],
  },
  question: {
    differ: [
      ['Does Hipmunk make money?', 'How does Hipmunk make money?'],
      ['Is asthma treated?', 'How is asthma treated?'],
      ['Can a teenager earn money?', 'How can a teenager earn money?'],
      ['When was pizza invented?', 'Where was pizza invented?'],
      ['Why do braids help?', 'How do braids help?'],
      ['Nó được thành lập khi nào?', 'Nó được thành lập ở đâu?'],
      ['How many did she pay?', 'How much did she pay?'],
    ],
    same: [
      ['Can I learn to sing alone?', 'How can I learn to sing alone?'],
      ['Is there a way to learn to sing?', 'How do I learn to sing?'],
      ['How can I lose weight?', 'What are ways to lose weight?'],
      ['How long is the film?', 'How many minutes is the film?'],
    ],
  },
  tense: {
    differ: [['How will life in the army be?', 'How was life in the army?']],
    same: [['How is life in the army?', 'How was life in the army?']],
  },
  order: {
    differ: [
      ['How do I get from London to Paris?', 'How do I get from Paris to London?'],
      ['Does stress cause anger?', 'Does anger cause stress?'],
      ['If they met, would he reject her?', 'If they met, would she reject him?'],
      ['Did Ann rob the bank?', 'Was Ann robbed by the bank?'],
      ['the red car and the blue bike', 'the blue car and the red bike'],
      [
        'Was the king of Spain born in Rome and raised in Paris?',
        'Was the king of Spain born in Paris and raised in Rome?',
      ],
    ],
    same: [
      ['Is he a cook or a waiter?', 'Is he a waiter or a cook?'],
      ['In Paris, what is the best hotel?', 'What is the best hotel in Paris?'],
      ['Did Shannon steal the farm?', 'Was the farm stolen by Shannon?'],
      ['What are examples of cultural boundaries?', 'What are cultural boundaries examples?'],
      ['What is longer, a pet or a toy?', 'Are toys longer than pets?'],
      ['If I forgot my password, how can I log in?', 'How can I log in if I forgot my password?'],
      [
        'Ở các trường đại học lớn nhiều sinh viên chọn ngành kỹ thuật vì lương cao và việc làm tốt',
        'Vì lương cao và việc làm tốt nhiều sinh viên ở các trường đại học lớn chọn ngành kỹ thuật',
      ],
    ],
  },
  modifier: {
    differ: [
      ['Is Ann an actor?', 'Is Ann a fake actor?'],
      ['Is Ann an actor?', 'Is Ann becoming an actor?'],
    ],
    same: [
      ['Is the dog on the bed?', 'Is the dog currently on the bed?'],
      ['What is a dog?', 'What is a fake dog?'],
    ],
  },
  addition: {
    differ: [['What is the best phone?', 'What is the best small phone?']],
    same: [['What is the best phone?', 'What really is the best phone?']],
  },
  modal: {
    differ: [['Can I take aspirin?', 'Should I take aspirin?']],
    same: [['Can I take aspirin?', 'How can I take aspirin?']],
  },
  content: {
    differ: [['How do I lead a team?', 'How do I build a team?']],
    same: [
      ['How do I lead a team?', 'How do I lead a big team?'],
      ['How do I lead a teem?', 'How do I lead a team?'],
    ],
  },
};
