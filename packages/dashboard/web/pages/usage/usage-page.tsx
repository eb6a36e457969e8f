import type { UsageAnswer } from '@nearhit/http/admin-types';
import { get } from '../../lib/api.ts';
import { downloadCsv } from '../../lib/download.ts';
import { count, percent, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { route, setQuery } from '../../lib/router.ts';
import { useAction, useResource } from '../../lib/use-resource.ts';
import { Button, Card, Empty, Failure, PageHead } from '../../ui/basics.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { ScopeFilter } from '../../ui/filters.tsx';
import { type Tile, Tiles } from '../../ui/tiles.tsx';
import { UsageTable } from './usage-table.tsx';

const GROUPS = ['day', 'key', 'tenant', 'model', 'namespace', 'provider'] as const;

export function UsagePage() {
  const { namespace, model, from, to, by = 'day' } = route.value.query;
  const query = { groupBy: by, namespace, model, from, to };
  const { data, error } = useResource(
    (signal) => get<UsageAnswer>('/usage', query, signal),
    [JSON.stringify(query)],
    15_000,
  );
  const csv = useAction(() => downloadCsv('/usage', query, `nearhit-usage-by-${by}.csv`));
  return (
    <>
      <PageHead title={t('usage.title')}>
        <ScopeFilter />
        <Button disabled={csv.busy} onClick={() => void csv.run()}>
          {t('usage.csv')}
        </Button>
      </PageHead>
      <div class="stack">
        <Range by={by} from={from ?? data?.from ?? ''} to={to ?? data?.to ?? ''} />
        <Failure error={error ?? csv.error} />
        {data !== undefined && <Tiles tiles={tilesOf(data)} />}
        {data !== undefined && (
          <Card title={t('usage.by', { what: t(`usage.group.${by as 'day'}`).toLowerCase() })}>
            {data.groups.length === 0 ? (
              <Empty title={t('usage.empty')}>
                <span>{t('usage.emptyHint')}</span>
              </Empty>
            ) : (
              <UsageTable by={by as 'day'} groups={data.groups} totals={data.totals} />
            )}
          </Card>
        )}
      </div>
    </>
  );
}

function Range({ by, from, to }: { readonly by: string; readonly from: string; readonly to: string }) {
  return (
    <div class="row">
      <SelectField
        label={t('usage.groupBy')}
        value={by}
        onChange={(value) => setQuery({ by: value })}
        options={GROUPS.map((one) => [one, t(`usage.group.${one}`)] as const)}
      />
      <TextField
        label={t('usage.from')}
        type="date"
        value={from}
        max={to}
        onInput={(value) => setQuery({ from: value })}
      />
      <TextField label={t('usage.to')} type="date" value={to} min={from} onInput={(value) => setQuery({ to: value })} />
    </div>
  );
}

function tilesOf({ totals }: UsageAnswer): Tile[] {
  const { requests, hits, misses, costUsd, savedUsd, promptTokens, completionTokens, savedTokens, errors } = totals;
  const looked = hits + misses;
  return [
    { name: t('tile.requests'), figure: count(requests), beside: t('tile.errorsOf', { n: count(errors) }) },
    {
      name: t('tile.hitRate'),
      figure: percent(looked === 0 ? null : hits / looked),
      beside: t('tile.hitsOf', { n: count(hits) }),
    },
    {
      name: t('tile.spent'),
      figure: usd(costUsd),
      beside: t('tile.tokensOf', { n: count(promptTokens + completionTokens) }),
    },
    { name: t('tile.saved'), figure: usd(savedUsd), beside: t('tile.tokensOf', { n: count(savedTokens) }) },
  ];
}
