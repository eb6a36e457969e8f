import { distributedRows, embeddedRows, gatewayRows } from './rows.mjs';

/** Each row once: both modes have floors in common. */
export function rowsOf(embeddedHits, distributedHits) {
  const rows = [...embeddedRows(embeddedHits), ...gatewayRows(), ...distributedRows(distributedHits)];
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

const EMBEDDED_TARGETS = ['main', 'small', 'writes'];
const DISTRIBUTED_TARGETS = ['d-main', 'd-small', 'floorRedis', 'floorRedisPipelined'];

/**
 * What was asked for (absent: everything): `ids` of rows, their floors with them; which modes must run for that;
 * `enqueue`: the queue alone. Throws an Error on a name that is none.
 */
export function planOf(only) {
  const all = rowsOf([], []);
  const groups = {
    embedded: embeddedRows([]).map(({ id }) => id),
    gateway: gatewayRows().map(({ id }) => id),
    distributed: [...distributedRows([]).map(({ id }) => id), 'enqueue'],
  };
  const known = new Set([...Object.keys(groups), 'start', 'enqueue', ...all.map(({ id }) => id)]);
  const unknown = (only ?? []).filter((id) => !known.has(id));
  if (unknown.length > 0) throw new Error(`--only: no row ${unknown.join(', ')}`);
  const wanted = new Set((only ?? Object.keys(groups)).flatMap((id) => groups[id] ?? id));
  for (const { id, floor } of all) if (wanted.has(id) && floor !== undefined) wanted.add(floor);
  const rows = all.filter(({ id }) => wanted.has(id));
  const needsAny = (targets) => rows.some(({ target }) => targets.includes(target));
  const distributed = needsAny(DISTRIBUTED_TARGETS);
  // The floor without a Redis answers with what either mode has stored.
  const floors = needsAny(['floorLru']) && !distributed;
  return {
    ids: new Set(rows.map(({ id }) => id)),
    needs: (target) => needsAny([target]),
    distributed,
    embedded: wanted.has('start') || needsAny(EMBEDDED_TARGETS) || floors,
    enqueue: wanted.has('enqueue'),
  };
}
