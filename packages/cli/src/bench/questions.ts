/** What `bench` asks when it is given no prompts: people's questions, some of them again and again, in one wording or another. */

const ACTIONS = [
  ...['reset my password', 'cancel my subscription', 'change my delivery address', 'get a refund', 'export my data'],
  ...[
    'invite a colleague',
    'update my payment method',
    'download an invoice',
    'delete my account',
    'merge two profiles',
  ],
  ...['turn off notifications', 'restore a deleted file', 'schedule a report', 'connect a calendar', 'share a folder'],
  ...['rotate an API key', 'set up two-factor login', 'upgrade my plan', 'translate a page', 'track my order'],
] as const;

const PRODUCTS = [
  ...['Atlas', 'Borealis', 'Cedar', 'Dynamo', 'Ember', 'Falcon', 'Garnet', 'Harbor', 'Indigo', 'Juniper'],
  ...['Kestrel', 'Lumen', 'Meridian', 'Nimbus', 'Orchard', 'Pinnacle', 'Quartz', 'Ridge', 'Summit', 'Tundra'],
  ...['Umbra', 'Vertex', 'Willow', 'Xenon', 'Yonder', 'Zephyr', 'Beacon', 'Canyon', 'Drift', 'Estuary'],
  ...['Fjord', 'Glacier', 'Horizon', 'Isthmus', 'Jetty', 'Knoll', 'Lagoon', 'Mesa', 'North', 'Oasis'],
  ...['Prairie', 'Quarry', 'Reef', 'Savanna', 'Terrace', 'Upland', 'Valley', 'Wharf', 'Yard', 'Zenith'],
] as const;

const WORDINGS = [
  (action: string, product: string) => `How do I ${action} in ${product}?`,
  (action: string, product: string) => `How can I ${action} in ${product}?`,
  (action: string, product: string) => `What do I need to do to ${action} in ${product}?`,
  (action: string, product: string) => `Please tell me how to ${action} in ${product}.`,
] as const;

export const QUESTIONS_MAX = ACTIONS.length * PRODUCTS.length;

/**
 * An endless source of questions: `distinct` of them, in four wordings, the first the most asked for (Zipf's law), the same sequence for the
 * same seed.
 */
export function questions(distinct: number, seed: number): () => string {
  const random = mulberry32(seed);
  const weights = Array.from({ length: distinct }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const cumulated = weights.map((weight) => {
    sum += weight / total;
    return sum;
  });
  return () => {
    const drawn = random();
    const index = Math.max(
      0,
      cumulated.findIndex((share) => drawn < share),
    );
    const action = ACTIONS[index % ACTIONS.length] as string;
    const product = PRODUCTS[Math.floor(index / ACTIONS.length)] as string;
    const wording = WORDINGS[Math.floor(random() * WORDINGS.length)] as (typeof WORDINGS)[number];
    return wording(action, product);
  };
}

/** Tommy Ettinger's 32-bit generator, 2017: small, and the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
