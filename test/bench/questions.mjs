import { createHash } from 'node:crypto';

/** What the mock upstream's answer to this text begins with. */
export const markerOf = (text) => `answer:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

const SYSTEM =
  'You are the support assistant of an online shop. Answer in plain English, in at most four sentences, and name the ' +
  'page of the shop where the customer finds what they need. Never promise refunds or dates. If a question is not about ' +
  'the shop, say so politely and stop. Customers write from many countries: avoid idioms, give amounts with their ' +
  'currency, and do not guess at personal data. If several answers are possible, give the most common one first. ' +
  'Keep to the facts of the help pages that you know; where they are silent, point to the contact form.';

/** A chat request of about 1 KB, as bytes. */
export function bodyOf(text, stream) {
  return Buffer.from(
    JSON.stringify({
      model: 'bench',
      messages: [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: text },
      ],
      temperature: 0.2,
      ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
  );
}

const TASKS = [
  'reset my password',
  'cancel my subscription',
  'change my email address',
  'track my parcel',
  'return a damaged item',
  'download an invoice',
  'delete my account',
  'update my payment method',
  'redeem a gift card',
  'contact customer support',
  'enable two-factor authentication',
  'change the delivery address',
  'unsubscribe from the newsletter',
  'add a second user to my account',
  'export my order history',
  'report a missing package',
  'apply a discount code',
  'upgrade to the premium plan',
  'pause my membership',
  'change the language of the app',
  'connect my calendar',
  'share a wish list with friends',
  'write a product review',
  'exchange shoes for another size',
];
const PARAPHRASES = [
  (task) => `How can I ${task}?`,
  (task) => `How to ${task}?`,
  (task) => `What is the way to ${task}?`,
  (task) => `How would I ${task}?`,
  (task) => `What are the steps to ${task}?`,
  (task) => `Can you tell me how to ${task}?`,
];

export const originals = TASKS.map((task) => `How do I ${task}?`);
/** Pairs of an original and another wording of it; whether they hit is for the gateway to say. */
export const paraphrases = TASKS.flatMap((task, i) =>
  PARAPHRASES.map((wording) => ({ original: originals[i], text: wording(task) })),
);

/** The same words with other gaps between them: a new text (other bytes, embedded anew), the same meaning. */
export function respaced(text, n) {
  let left = n;
  return text.replaceAll(' ', () => {
    const gap = left % 4;
    left = Math.floor(left / 4);
    return ' '.repeat(1 + gap);
  });
}

const SUBJECTS =
  'otters,glaciers,violins,tax law,sourdough,volcanoes,chess openings,submarines,orchids,railway signals,beekeeping,comets,ceramics,falconry,basalt,opera,cryptography,marathons,lighthouses,fermentation,sonnets,tractors,coral reefs,typewriters,saffron,avalanches,puppetry,wind turbines,calligraphy,truffles,satellites,harpsichords,mangroves,bicycles,sundials,porcelain,geysers,kayaks,parliaments,origami'.split(
    ',',
  );
const ASPECTS =
  'history,price,colour,weight,origin,maintenance,danger,smell,speed,legal status,storage,anatomy,symbolism,repair,training,export,geometry,taste,noise,longevity'.split(
    ',',
  );
const PLACES =
  'Norway,Peru,Kenya,Japan,Canada,Greece,Vietnam,Chile,Iceland,Morocco,Nepal,Cuba,Poland,Fiji,Oman,Ghana,Latvia,Brazil,Jordan,Malta'.split(
    ',',
  );

/** The nth question nobody asked before: subject, aspect and place vary, and no two have the same number. */
export function newQuestion(n) {
  const pick = (list, at) => list[at % list.length];
  const subject = pick(SUBJECTS, n);
  const aspect = pick(ASPECTS, Math.floor(n / SUBJECTS.length));
  const place = pick(PLACES, Math.floor(n / SUBJECTS.length / ASPECTS.length) + 7 * n);
  return `Explain the ${aspect} of ${subject} in ${place}, article ${1000 + n}.`;
}
