import { openDistributed } from './distributed.mjs';
import { openMain, openSmall } from './embedded.mjs';
import { openGatewayTargets } from './gateway.mjs';
import { openCacheFloor, openGateway } from './gateways.mjs';
import { rowsOf } from './plan.mjs';
import { Child } from './processes.mjs';

/** Beside what the services keep. */
const FLOOR_DATABASE = 1;
const REDIS_FLOORS = { floorRedis: 'plain', floorRedisPipelined: 'pipelined' };

/** The processes that a plan needs, and its rows with the questions that hit there. */
export async function openTargets(plan, settings, { folders, kept, say, upstream }) {
  const targets = {};
  const facts = [];
  const start = (name, options) => openGateway({ dir: folders.dir(name), upstream, ...options });
  const embedded = plan.embedded ? await openMain(settings, { start, folders, say }) : undefined;
  if (embedded !== undefined) {
    targets.main = kept(embedded.main);
    facts.push(...embedded.facts);
  }
  if (plan.needs('small')) targets.small = kept(await openSmall(start, settings));
  if (plan.needs('writes')) targets.writes = kept(await start('writes', { nodeArgs: settings.nodeArgs }));
  const compared = await openGatewayTargets(plan, { start, kept, say, upstream, nodeArgs: settings.nodeArgs });
  Object.assign(targets, compared.targets);
  const distributed = plan.distributed ? await openDistributed({ settings, folders, upstream, say }) : undefined;
  if (distributed !== undefined) {
    kept(distributed);
    targets['d-main'] = distributed.main;
    targets['d-small'] = distributed.small;
    facts.push(...distributed.facts);
  }
  const answers = targets.main ?? targets['d-main'];
  if (plan.needs('floorPass'))
    targets.floorPass = kept(await Child.listening('./floors.mjs', ['pass', upstream.origin]));
  if (plan.needs('floorLru')) targets.floorLru = kept(await openCacheFloor(['lru'], answers));
  for (const [target, pipelines] of Object.entries(REDIS_FLOORS)) {
    if (!plan.needs(target)) continue;
    const args = ['redis', `${distributed.redisUrl}/${FLOOR_DATABASE}`, pipelines];
    targets[target] = kept(await openCacheFloor(args, answers));
  }
  const rows = rowsOf(embedded?.hits ?? [], distributed?.hits ?? [])
    .filter(({ id, target }) => plan.ids.has(id) && targets[target] !== undefined)
    .map((row) => ({ ...row, headers: { ...row.headers, ...compared.headers[row.target] } }));
  return { rows, targets, facts };
}
