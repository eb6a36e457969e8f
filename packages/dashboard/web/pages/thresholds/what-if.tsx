import type { PolicyAnswer, WhatIfAnswer } from '@nearhit/http/admin-types';
import { post } from '../../lib/api.ts';
import { count, decimal, percent, relative, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { useResource, useSettled } from '../../lib/use-resource.ts';
import { Card, Empty, Failure } from '../../ui/basics.tsx';
import { Table } from '../../ui/table.tsx';
import { Flips } from './flips.tsx';
import type { Knob } from './knob.ts';
import { knobText } from './slider.tsx';

interface WhatIfProps {
  readonly knob: Knob;
  readonly value: number;
  readonly policy: PolicyAnswer;
}

const SLIDING_MS = 200;
const DECISIONS = 2000;

/** What the slider's value would have done to the decisions of late. */
export function WhatIf({ knob, value, policy }: WhatIfProps) {
  const { namespace, model } = policy;
  const settled = useSettled(value, SLIDING_MS);
  const { data, error } = useResource(
    () =>
      post<WhatIfAnswer>('/what-if', {
        ...{ namespace, [knob]: settled, last: DECISIONS },
        ...(model !== null && { model }),
      }),
    [namespace, model, knob, settled, policy],
  );
  return (
    <Card title={t('whatIf.title')} aside={data && <Looked decisions={data.decisions} />}>
      <div class="stack">
        <Failure error={error} />
        {data !== undefined && <Told data={data} name={knobText(knob, settled)} />}
      </div>
    </Card>
  );
}

function Looked({ decisions: { looked, judged, oldestAtMs } }: { readonly decisions: WhatIfAnswer['decisions'] }) {
  if (oldestAtMs === null) return null;
  return (
    <span class="small muted">
      {t('whatIf.looked', { looked: count(looked), judged: count(judged), since: relative(oldestAtMs) })}
    </span>
  );
}

function Told({ data, name }: { readonly data: WhatIfAnswer; readonly name: string }) {
  const { decisions, flips, before, after } = data;
  if (decisions.judged === 0)
    return (
      <Empty title={t('whatIf.empty')}>
        <span>{t('whatIf.emptyHint')}</span>
      </Empty>
    );
  return (
    <>
      <p>
        {flips.served + flips.refused === 0
          ? t('whatIf.same')
          : t('whatIf.flips', { served: count(flips.served), refused: count(flips.refused) })}{' '}
        {after.nothingKeepsBudget && t('whatIf.nothingKeeps')}
      </p>
      <Settings
        rows={[
          { name: t('whatIf.now'), setting: before },
          { name, setting: after },
        ]}
      />
      <Flips flips={flips.shown} />
    </>
  );
}

interface Row {
  readonly name: string;
  readonly setting: WhatIfAnswer['before'];
}

function Settings({ rows }: { readonly rows: readonly Row[] }) {
  const figure = (title: string, say: (setting: WhatIfAnswer['before']) => string) => ({
    ...{ title, number: true, cell: ({ setting }: Row) => say(setting) },
  });
  return (
    <Table
      caption={t('whatIf.title')}
      rows={rows}
      keyOf={({ name }) => name}
      columns={[
        { title: t('whatIf.setting'), heads: true, cell: ({ name }) => name },
        figure(t('whatIf.served'), ({ served }) => count(served)),
        figure(t('column.saved'), ({ savedUsd }) => usd(savedUsd)),
        figure(t('whatIf.wrongRate'), ({ estimate: { samples, wrongRate } }) =>
          samples === 0 ? '–' : percent(wrongRate),
        ),
        figure(t('whatIf.interval'), ({ estimate: { samples, low, high } }) =>
          samples === 0 ? t('whatIf.noSamples') : t('whatIf.fromTo', { low: percent(low), high: percent(high) }),
        ),
        figure(t('whatIf.similarityMin'), ({ similarityMin }) => decimal(similarityMin, 3)),
        figure(t('whatIf.probabilityMin'), ({ probabilityMin }) => percent(probabilityMin, 0)),
      ]}
    />
  );
}
