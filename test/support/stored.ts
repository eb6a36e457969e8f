import type { GatewayClient } from './client.ts';
import type { Asked, SteadyLoad } from './steady-load.ts';
import { CHECK, isAnswerOn, questionOn } from './subjects.ts';
import { until } from './until.ts';

type Found = (one: Asked) => Promise<boolean>;

const AT_ONCE = 8;
const CONVERGED_MS = 60_000;

/** What must be in the store: an answer that came from upstream for the cache to keep. */
const kept = ({ status, cache, fault }: Asked): boolean => status === 200 && cache === 'miss' && fault === undefined;

/**
 * Whether every answer that the load got from upstream is an exact hit at the other replica, and one in other words finds
 * it at each; looks again for a while. `from`: of those after so many.
 */
export async function everythingIsFound(load: SteadyLoad, clients: readonly [GatewayClient, GatewayClient], from = 0) {
  const answers = load.asked.slice(from).filter(kept);
  const exactly = await missing(answers, exactAtTheOther(load, clients));
  const meant = new Map(answers.map((one) => [one.subject, one]));
  const byMeaning = await missing([...meant.values()], byMeaningAt(load, clients));
  return { answers: answers.length, exactly, byMeaning };
}

/** Those that are not found however often one looks. */
async function missing(answers: readonly Asked[], found: Found): Promise<Asked[]> {
  let left = [...answers];
  await until(
    'all is found',
    async () => {
      const still: Asked[] = [];
      for (let at = 0; at < left.length; at += AT_ONCE) {
        const some = left.slice(at, at + AT_ONCE);
        const there = await Promise.all(some.map(found));
        still.push(...some.filter((_, n) => !there[n]));
      }
      left = still;
      return left.length === 0;
    },
    CONVERGED_MS,
  ).catch(() => undefined);
  return left;
}

const only = ({ namespace }: SteadyLoad) => ({ 'x-nearhit-namespace': namespace, 'x-nearhit-cache': 'only' });

function exactAtTheOther(load: SteadyLoad, clients: readonly GatewayClient[]): Found {
  return async ({ subject, wording, replica }) => {
    const other = clients[1 - replica] as GatewayClient;
    const { status, headers, json } = await other.ask(questionOn(subject, wording), {}, only(load));
    return (
      status === 200 &&
      headers['x-nearhit-layer'] !== 'semantic' &&
      isAnswerOn(subject, json.choices[0].message.content)
    );
  };
}

function byMeaningAt(load: SteadyLoad, clients: readonly GatewayClient[]): Found {
  return async ({ subject }) => {
    const replies = await Promise.all(clients.map((client) => client.ask(questionOn(subject, CHECK), {}, only(load))));
    return replies.every(
      ({ status, headers, json }) =>
        status === 200 &&
        headers['x-nearhit-layer'] === 'semantic' &&
        isAnswerOn(subject, json.choices[0].message.content),
    );
  };
}
