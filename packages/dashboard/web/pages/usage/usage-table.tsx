import type { UsageAnswer } from '@nearhit/http/admin-types';
import { count, NOTHING, percent, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { type Column, Table } from '../../ui/table.tsx';

type Group = UsageAnswer['groups'][number];
type GroupName = 'day' | 'key' | 'tenant' | 'model' | 'namespace' | 'provider';

interface UsageTableProps {
  readonly by: GroupName;
  readonly groups: readonly Group[];
  readonly totals: UsageAnswer['totals'];
}

export function UsageTable({ by, groups, totals }: UsageTableProps) {
  const rows: (Group & { readonly total?: boolean })[] = [...groups, { ...totals, total: true }];
  if (by === 'day') rows.splice(0, groups.length, ...groups.toReversed());
  return (
    <Table
      caption={t('usage.by', { what: t(`usage.group.${by}`).toLowerCase() })}
      rows={rows}
      keyOf={(row) => (row.total === true ? ' total' : (row[by] ?? ''))}
      columns={columnsOf(by)}
    />
  );
}

function columnsOf(by: GroupName): Column<Group & { readonly total?: boolean }>[] {
  const figure = (title: string, cell: (row: Group) => string) => ({ title, number: true, cell });
  return [
    {
      title: t(`usage.group.${by}`),
      heads: true,
      cell: (row) => (row.total === true ? t('usage.total') : (row[by] ?? '') === '' ? NOTHING : row[by]),
    },
    figure(t('column.requests'), ({ requests }) => count(requests)),
    figure(t('column.hits'), ({ hits }) => count(hits)),
    figure(t('column.hitRate'), ({ hits, misses }) => percent(hits + misses === 0 ? null : hits / (hits + misses))),
    figure(t('column.errors'), ({ errors }) => count(errors)),
    figure(t('column.promptTokens'), ({ promptTokens }) => count(promptTokens)),
    figure(t('column.completionTokens'), ({ completionTokens }) => count(completionTokens)),
    figure(t('column.spent'), ({ costUsd }) => usd(costUsd)),
    figure(t('column.saved'), ({ savedUsd }) => usd(savedUsd)),
  ];
}
