const VERBS = [
  ...['repair', 'clean', 'paint', 'store', 'insure', 'photograph', 'transport', 'weigh'],
  ...['sell', 'measure', 'borrow', 'recycle', 'heat', 'cool', 'inspect', 'hide'],
] as const;
const THINGS = [
  ...['violin', 'kayak', 'telescope', 'carpet', 'tractor', 'aquarium', 'chandelier', 'typewriter', 'greenhouse'],
  ...['wheelchair', 'lawnmower', 'saxophone', 'chimney', 'bicycle', 'parachute', 'microscope', 'tent', 'piano'],
  ...['fountain', 'sailboat', 'mattress', 'statue', 'helmet', 'clock', 'camera', 'fridge', 'lantern', 'trampoline'],
  ...['harp', 'scooter', 'umbrella', 'sundial', 'wardrobe', 'beehive', 'anvil', 'canoe', 'drone', 'staircase'],
  ...['mailbox', 'printer'],
] as const;

/** The last wording is for those who check what was stored: the load itself asks with the first two. */
const WORDINGS = ['How do I', 'How can I', 'How would I'] as const;

export type Wording = 0 | 1 | 2;
export const CHECK: Wording = 2;
/** Beyond, they begin anew. */
export const SUBJECTS_MAX = VERBS.length * THINGS.length;

/** What the question is about. Two of them are nowhere near each other by meaning: 0.87 at the most. */
const aboutOf = (subject: number): string => {
  const thing = subject % THINGS.length;
  const verb = (thing + Math.floor(subject / THINGS.length)) % VERBS.length;
  return `${VERBS[verb]} a ${THINGS[thing]} at home?`;
};

/** Wordings of one subject are the same by meaning: 0.95 at the least. */
export const questionOn = (subject: number, wording: Wording): string => `${WORDINGS[wording]} ${aboutOf(subject)}`;

/** Whether a text is the fake upstream's answer to that subject, in whatever wording it was asked first. */
export const isAnswerOn = (subject: number, text: string): boolean =>
  WORDINGS.some((words) => text === `answer to: ${words} ${aboutOf(subject)}`);
