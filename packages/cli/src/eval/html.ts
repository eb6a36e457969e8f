import { basename } from 'node:path';
import { points, whole } from '../format.ts';
import { curveOf } from './curves.ts';
import type { EvaluatedFile, EvaluationFacts } from './evaluated-file.ts';
import { STYLE } from './html-style.ts';
import type { Miss } from './policy-tally.ts';
import type { StreamOutcome } from './stream.ts';
import type { Rate } from './wilson.ts';

type PairsFile = Extract<EvaluatedFile, { form: 'pairs' }>;
type StreamFile = Extract<EvaluatedFile, { form: 'stream' }>;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] as string);

const shown = ({ count, of, rate, low, high }: Rate): string =>
  rate === null
    ? '<td class="none">-</td>'
    : `<td><b>${points(rate)} %</b> <small>${points(low)}–${points(high)} · ${whole(count)}/${whole(of)}</small></td>`;

function table(heads: readonly string[], rows: readonly string[]): string {
  const head = heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join('');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

const tr = (head: string, ...cells: readonly string[]): string =>
  `<tr><th scope="row">${escaped(head)}</th>${cells.join('')}</tr>`;
const td = (text: string): string => `<td>${escaped(text)}</td>`;

/** One page that asks nothing of the network. It holds the texts of the pairs on which the policy was wrong. */
export function htmlReport(files: readonly EvaluatedFile[], facts: EvaluationFacts): string {
  const sections = files.map((file) => (file.form === 'pairs' ? pairsSection(file) : streamSection(file)));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>nearhit eval</title><style>${STYLE}</style></head><body><main>
<h1>How often would the cache be right?</h1>
<p class="facts">${escaped(facts.date)} · nearhit ${escaped(facts.version)} · ${escaped(facts.embeddingModel)} · verifier ${escaped(facts.verifier)}, bar ${facts.bar}</p>
<p>Right: equivalent pairs that were served. Wrong: different pairs that were. Small: the 95 % Wilson interval and the counts.</p>
${sections.join('\n')}
</main></body></html>
`;
}

function pairsSection({ file, pairs, policy, settings }: PairsFile): string {
  const cosine = settings
    .filter(({ guard, threshold }) => guard === 'off' && Math.round(threshold * 100) % 5 === 0)
    .map(({ threshold, hitRate, falseHitRate }) =>
      tr(`cosine ${threshold.toFixed(2)}`, shown(hitRate), shown(falseHitRate)),
    );
  const bars = policy.bars.map(({ bar, right, wrong }) =>
    tr(`policy, bar at P ${bar.toFixed(2)}`, shown(right), shown(wrong)),
  );
  const kinds = policy.kinds.map(({ kind, right, wrong }) => tr(kind, shown(right), shown(wrong)));
  const refused = policy.refusedBy.map(({ reason, equivalent, different }) =>
    tr(reason, `<td>${whole(different)}</td>`, `<td>${whole(equivalent)}</td>`),
  );
  const curve = curveOf(settings, policy);
  return `<section><h2>${escaped(basename(file))}</h2>
<p>${whole(pairs.total)} pairs: ${whole(pairs.equivalent)} equivalent, ${whole(pairs.different)} different.</p>
<div class="beside">${curve === undefined ? '' : `<figure>${curve}<figcaption><span class="policy">policy</span> <span class="cosine">cosine alone</span>; the large dot is the default policy.</figcaption></figure>`}
${table(['', 'right', 'wrong'], [tr('default policy', shown(policy.right), shown(policy.wrong)), ...cosine])}</div>
<details><summary>At other bars</summary>${table(['', 'right', 'wrong'], bars)}</details>
${policy.kinds.length > 1 ? `<details open><summary>By kind</summary>${table(['kind', 'right', 'wrong'], kinds)}</details>` : ''}
<details><summary>What refused</summary>${table(['refused by', 'different (rightly)', 'equivalent (wrongly)'], refused)}</details>
${missesPart('Served, and wrong: the most confident', policy.worst.servedWrong)}
${missesPart('Refused, and right: the nearest', policy.worst.refusedRight)}
</section>`;
}

function missesPart(title: string, misses: readonly Miss[]): string {
  if (misses.length === 0) return '';
  const rows = misses.map(({ a, b, kind, similarity, verdict, probability }) => {
    const figures = `${similarity.toFixed(3)}${probability === undefined ? '' : ` · P ${probability.toFixed(2)}`}`;
    const [left, right] = marked(a, b);
    return `<tr><td class="text">${left}</td><td class="text">${right}</td><td>${figures}</td>${td(verdict)}${td(kind ?? '')}</tr>`;
  });
  return `<details><summary>${escaped(title)}</summary>${table(['stored', 'asked', 'cosine', 'verdict', 'kind'], rows)}</details>`;
}

/** Both with the words marked that the other lacks. */
function marked(a: string, b: string): [string, string] {
  const words = (text: string) => text.split(/(\s+)/);
  const key = (word: string) => word.toLowerCase().replace(/^\p{P}+|\p{P}+$/gu, '');
  const against = (text: string, other: string) => {
    const known = new Set(words(other).map(key));
    return words(text)
      .map((word) => (key(word) === '' || known.has(key(word)) ? escaped(word) : `<mark>${escaped(word)}</mark>`))
      .join('');
  };
  return [against(a, b), against(b, a)];
}

function streamSection({ file, stream: { requests, exact, policy, cosine } }: StreamFile): string {
  const line = (name: string, { byMeaning, wrong, wrongOfHits }: StreamOutcome) =>
    tr(name, shown(byMeaning), shown(wrong), shown(wrongOfHits));
  const rows = [
    line('default policy', policy),
    ...cosine.map((outcome) => line(`cosine ${outcome.threshold}`, outcome)),
  ];
  return `<section><h2>${escaped(basename(file))}</h2>
<p>${whole(requests)} requests in their order, ${whole(exact.count)} of them word for word as before.</p>
${table(['', 'repeats in other words, served right', 'wrong, of all requests', 'wrong, of the hits by meaning'], rows)}</section>`;
}
