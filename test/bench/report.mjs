export const ENQUEUE = 'distributed: enqueue, CPU per stored answer';

const fixed = (value, digits) => (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits));
const line = (cells) => `| ${cells.join(' | ')} |`;

function table(head, rows) {
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function mainTable(lines) {
  const head = ['', 'form', 'conc.', 'CPU µs/req', '× floor', 'main thread µs', 'req/s', 'p50 ms', 'p99 ms', 'errors'];
  return table(
    head,
    lines.map((l) => [
      l.name,
      l.form,
      l.concurrency,
      fixed(l.cpuUs, 0),
      fixed(l.ratio, 2),
      fixed(l.mainUs, 0),
      fixed(l.rps, 0),
      fixed(l.p50Ms, 2),
      fixed(l.p99Ms, 2),
      l.errorCount === 0 ? '0' : `**${l.errorCount}** of ${l.requests}`,
    ]),
  );
}

function semanticTable(lines) {
  const rows = lines.filter(({ besidesEmbedP50Ms }) => besidesEmbedP50Ms !== undefined);
  if (rows.length === 0) return undefined;
  const head = [
    ...['semantic hit', 'form', 'conc.', 'embedding p50 ms', 'all else p50 ms', 'all else p99 ms'],
    'p50 as the client sees it, less the embedding',
  ];
  return table(
    head,
    rows.map((l) => [
      l.name,
      l.form,
      l.concurrency,
      fixed(l.embedP50Ms, 2),
      fixed(l.besidesEmbedP50Ms, 2),
      fixed(l.besidesEmbedP99Ms, 2),
      fixed(l.onTopOfEmbedMs, 2),
    ]),
  );
}

function rivalTable(lines) {
  const rows = lines.filter(({ rivalTimes }) => rivalTimes !== undefined);
  if (rows.length === 0) return undefined;
  return table(
    ['beside @portkey-ai/gateway', 'form', 'conc.', 'its CPU ÷ ours'],
    rows.map((l) => [l.name, l.form, l.concurrency, fixed(l.rivalTimes, 1)]),
  );
}

const processTable = (facts) =>
  table(
    ['process', ''],
    facts.map(({ name, value, unit }) => [name, `${fixed(value, unit === 'µs' ? 1 : 0)} ${unit}`]),
  );

/** The worst line decides. `of`: what is compared; lines without a figure do not count. */
function aim(name, limit, lines, of) {
  const worst = lines
    .map((l) => ({ l, value: of(l) }))
    .filter(({ value }) => value !== undefined && !Number.isNaN(value))
    .sort((a, b) => b.value - a.value)[0];
  if (worst === undefined) return [];
  const where = worst.l.form === undefined ? '' : ` (${worst.l.name}, ${worst.l.form}, ${worst.l.concurrency})`;
  const median = lines
    .map(of)
    .filter((value) => value !== undefined && !Number.isNaN(value))
    .sort((a, b) => a - b);
  const middle = median[Math.floor(median.length / 2)];
  return [{ name, limit, worst: worst.value, where, median: middle, reached: worst.value <= limit }];
}

export function aims({ lines, facts }) {
  const of = (...ids) => lines.filter(({ row }) => ids.includes(row));
  // In a closed loop of many, the time of a hit is mostly time spent waiting for the others.
  const alone = (id) => of(id).filter(({ concurrency }) => concurrency === 1);
  const loaded = lines.filter(({ concurrency, floor }) => concurrency > 1 && floor !== undefined);
  return [
    ...aim('pass-through, CPU × floor', 1.5, of('pass'), (l) => l.ratio),
    ...aim('gateway: routing, limits, accounts, CPU × floor', 1.8, of('gw-full'), (l) => l.ratio),
    ...aim("gateway: CPU as a share of Portkey's", 0.167, of('gw-full'), (l) => 1 / l.rivalTimes),
    ...aim('exact hit (memory), CPU × floor', 1.5, of('l1'), (l) => l.ratio),
    ...aim('exact hit (LMDB), CPU × floor', 1.5, of('l2'), (l) => l.ratio),
    ...aim('semantic hit but the embedding, ms p50, one at a time', 0.5, alone('semantic'), (l) => l.besidesEmbedP50Ms),
    ...aim(
      'distributed: exact hit (Redis) over a Redis GET, ms p50, one at a time',
      0.3,
      alone('d-l2'),
      (l) => l.addedP50Ms,
    ),
    ...aim(
      'distributed: semantic hit less the embedding, ms p50, one at a time',
      1.5,
      alone('d-semantic'),
      (l) => l.onTopOfEmbedMs,
    ),
    ...aim(
      'distributed: enqueue, CPU µs per stored answer',
      40,
      facts.filter(({ name }) => name === ENQUEUE),
      (f) => f.value,
    ),
    ...aim('p99 / p50 under load', 5, loaded, (l) => l.p99Ms / l.p50Ms),
    ...aim(
      'resident memory, MB',
      400,
      facts.filter(({ name, unit }) => unit === 'MB' && !name.startsWith('distributed')),
      (f) => f.value,
    ),
  ];
}

function aimTable(list) {
  const head = ['aim', 'at most', 'median', 'worst', 'reached'];
  return table(
    head,
    list.map((a) => [a.name, a.limit, fixed(a.median, 2), `${fixed(a.worst, 2)}${a.where}`, a.reached ? 'yes' : 'no']),
  );
}

function faults(lines) {
  const found = lines.filter(({ errorCount }) => errorCount > 0);
  return found.map((l) => `- ${l.name}, ${l.form}, ${l.concurrency}: ${JSON.stringify(l.errors)}`).join('\n');
}

export function markdown(result) {
  const { machine, settings } = result;
  const about = [
    `${machine.date}, ${machine.cpu} × ${machine.cores}, Node ${machine.node}, load average ${machine.load} at the start;`,
    `${settings.rounds} rounds of ${settings.durationMs} ms, medians; ${settings.entries} entries in the index;`,
    `the load generator itself took ${fixed(result.loadCpuUs, 0)} µs per request (median).`,
  ].join(' ');
  const errors = faults(result.lines);
  return [
    about,
    result.lines.length > 0 ? mainTable(result.lines) : undefined,
    rivalTable(result.lines),
    semanticTable(result.lines),
    result.facts.length > 0 ? processTable(result.facts) : undefined,
    result.aims.length > 0 ? aimTable(result.aims) : undefined,
    errors === '' ? undefined : `Errors:\n\n${errors}`,
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');
}
