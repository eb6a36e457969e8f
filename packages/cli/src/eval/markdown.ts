import { basename } from 'node:path';
import { POLICY_DEFAULTS } from '@nearhit/core';
import { points, whole } from '../format.ts';
import { curvesOf } from './curves.ts';
import type { EvaluatedFile, EvaluationFacts } from './evaluated-file.ts';
import type { Rate } from './wilson.ts';

type PairsFile = Extract<EvaluatedFile, { form: 'pairs' }>;
type StreamFile = Extract<EvaluatedFile, { form: 'stream' }>;

/** Kinds with fewer pairs say little. */
const KIND_MIN = 10;
const KINDS_SHOWN = 12;

const shown = ({ count, of, rate, low, high }: Rate): string =>
  rate === null ? '-' : `${points(rate)} % [${points(low)}, ${points(high)}] ${whole(count)}/${whole(of)}`;
const pctOf = ({ rate }: Rate): string => (rate === null ? '-' : points(rate));
const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(heads), `|${heads.map((_, at) => (at === 0 ? '---' : '--:')).join('|')}|`, ...rows.map(row)].join('\n');

/** The curves of all pair files as one picture; undefined where there are none. */
export function markdownPicture(measured: readonly EvaluatedFile[]): string | undefined {
  const pairs = measured.filter((file): file is PairsFile => file.form === 'pairs');
  return curvesOf(pairs.map(({ file, settings, policy }) => ({ title: basename(file, '.jsonl'), settings, policy })));
}

/** Figures alone: no text of any pair, whose licences may forbid it. `picture`: the name of its curves' file. */
export function markdownReport(
  measured: readonly EvaluatedFile[],
  facts: EvaluationFacts,
  picture: string | undefined,
): string {
  const files = measured.map((one) => ({ ...one, file: basename(one.file, '.jsonl') }));
  const curves = picture === undefined ? '' : `![Right hits over wrong hits, per file](${picture})\n\n`;
  const pairs = files.filter((file): file is PairsFile => file.form === 'pairs');
  const streams = files.filter((file): file is StreamFile => file.form === 'stream');
  return `<!-- Written by \`nearhit eval --markdown\`. Do not edit. -->

# Quality of hits, measured

${facts.date}, nearhit ${facts.version}, embedding model \`${facts.embeddingModel}\`, verifier \`${facts.verifier}\`, default policy (bar: probability
${facts.bar}). \`nearhit eval FILE... --markdown docs/quality.md\` writes this page from pair files (\`{a, b, equivalent, kind?}\`: may a stored answer to
\`a\` be served for \`b\`?) and stream files (\`{prompt, group}\`). Shares with their 95 % Wilson interval. Each file by itself: how many of
its pairs are equivalent was chosen by whoever made it, so shares must not be pooled. The bundled verifier does better on pairs that it
has learned from: packages/verifier/MODEL_CARD.md names them, and says how it does on others.

${curves}${[pairs.length > 0 ? pairsPart(pairs) : '', streams.length > 0 ? streamsPart(streams) : ''].filter(Boolean).join('\n\n')}
`;
}

function pairsPart(files: readonly PairsFile[]): string {
  const rows = files.map(({ file, policy, settings }) => {
    const cosine = settings.find(({ guard, threshold }) => guard === 'off' && threshold === POLICY_DEFAULTS.threshold);
    const beside = cosine === undefined ? '-' : `${pctOf(cosine.hitRate)} / ${pctOf(cosine.falseHitRate)}`;
    return [file, shown(policy.right), shown(policy.wrong), beside];
  });
  const head = `## Pairs

Right: equivalent pairs that were served. Wrong: different pairs that were. Beside them what cosine similarity ${POLICY_DEFAULTS.threshold} alone does (right % / wrong %).

${table(['file', 'right', 'wrong', `cosine ${POLICY_DEFAULTS.threshold}`], rows)}

### At other bars

Right % / wrong % where the verifier's bar stands elsewhere; an error budget (\`maxErrorRate\`) sets it.

${barsTable(files)}`;
  const kinds = files.filter(({ policy }) => policy.kinds.length > 1).map(kindsPart);
  return [head, ...kinds, failures(files)].filter((part) => part !== '').join('\n\n');
}

function barsTable(files: readonly PairsFile[]): string {
  const bars = files[0]?.policy.bars ?? [];
  return table(
    ['file', ...bars.map(({ bar }) => `P >= ${bar}`)],
    files.map(({ file, policy }) => [
      file,
      ...policy.bars.map(({ right, wrong }) => `${pctOf(right)} / ${pctOf(wrong)}`),
    ]),
  );
}

function kindsPart({ file, policy }: PairsFile): string {
  const rows = policy.kinds
    .filter(({ right, wrong }) => right.of + wrong.of >= KIND_MIN)
    .map(({ kind, right, wrong }) => [kind, shown(right), shown(wrong)]);
  return `### ${file}, by kind\n\n${table(['kind', 'right', 'wrong'], rows)}`;
}

/** Where the most is still wrong, by what is known of it without its words. */
function failures(files: readonly PairsFile[]): string {
  const wrong = files.flatMap(({ file, policy }) =>
    policy.kinds
      .filter(({ wrong: rate }) => rate.of >= KIND_MIN && rate.count > 0)
      .map(({ kind, wrong: rate }) => ({ name: kind === '(none)' ? file : `${file}: ${kind}`, rate })),
  );
  wrong.sort((a, b) => (b.rate.rate ?? 0) - (a.rate.rate ?? 0));
  const refused = files.map(({ file, policy, pairs }) => {
    const most = [...policy.refusedBy]
      .sort((a, b) => b.equivalent - a.equivalent)
      .filter(({ equivalent }) => equivalent > 0);
    const share = (n: number) => `${points(pairs.equivalent === 0 ? 0 : n / pairs.equivalent)} %`;
    return [
      file,
      most
        .slice(0, 5)
        .map(({ reason, equivalent }) => `${reason} ${share(equivalent)}`)
        .join(', ') || '-',
    ];
  });
  return `## What still goes wrong

${
  wrong.length === 0
    ? 'No kind of ten pairs or more had a wrong hit.'
    : table(
        ['kind', 'served wrong'],
        wrong.slice(0, KINDS_SHOWN).map(({ name, rate }) => [name, shown(rate)]),
      )
}

Equivalent pairs that were refused, by what refused them, as a share of the file's equivalent pairs:

${table(['file', 'refused by'], refused)}`;
}

function streamsPart(files: readonly StreamFile[]): string {
  const parts = files.map(({ file, stream: { requests, exact, policy, cosine } }) => {
    const rows = [
      ['default policy', shown(policy.byMeaning), shown(policy.wrong), shown(policy.wrongOfHits)],
      ...cosine.map(({ threshold, byMeaning, wrong, wrongOfHits }) => [
        ...[`cosine ${threshold} alone`, shown(byMeaning), shown(wrong), shown(wrongOfHits)],
      ]),
    ];
    return `### ${file}

${whole(requests)} requests in their order, ${shown(exact)} of them word for word as before. All that missed is stored, and every stored question compared.

${table(['', 'repeats in other words, served right', 'wrong, of all requests', 'wrong, of the hits by meaning'], rows)}`;
  });
  return `## Streams\n\n${parts.join('\n\n')}`;
}
