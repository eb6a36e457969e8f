import type { Decision, DecisionsAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { get } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { route, setQuery } from '../../lib/router.ts';
import { useResource } from '../../lib/use-resource.ts';
import { Button, Card, Empty, Failure, PageHead } from '../../ui/basics.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { ScopeFilter } from '../../ui/filters.tsx';
import { DecisionItem } from './decision-item.tsx';
import { filterDecisions, OUTCOME_FILTERS } from './filter.ts';

const PAGE = 30;

export function InspectorPage() {
  const { query } = route.value;
  const { namespace, show = 'all' } = query;
  const [limit, setLimit] = useState(PAGE);
  const outcome = ['hit', 'miss', 'bypass', 'stale', 'error'].includes(show)
    ? show
    : show === 'near'
      ? 'miss'
      : undefined;
  const { data, error, loading, reload } = useResource(
    (signal) => get<DecisionsAnswer>('/decisions', { namespace, outcome, limit }, signal),
    [namespace, outcome, limit],
  );
  const found = filterDecisions(data?.decisions ?? [], query);
  return (
    <>
      <PageHead title={t('inspector.title')}>
        <ScopeFilter />
        <Button disabled={loading} onClick={reload}>
          {t('inspector.reload')}
        </Button>
      </PageHead>
      <p class="page-lead">{t('inspector.lead')}</p>
      <div class="stack">
        <Filters />
        <Failure error={error} retry={<Button onClick={reload}>{t('action.retry')}</Button>} />
        {data !== undefined && (
          <Card>
            <Decisions found={found} any={data.decisions.length > 0} />
            {data.cursor !== undefined && limit < 1000 && (
              <Button onClick={() => setLimit(Math.min(1000, limit * 3))}>{t('inspector.more')}</Button>
            )}
          </Card>
        )}
      </div>
    </>
  );
}

function Filters() {
  const { show = 'all', text = '' } = route.value.query;
  return (
    <div class="row">
      <SelectField
        label={t('inspector.show')}
        hideLabel
        value={show}
        onChange={(value) => setQuery({ show: value === 'all' ? undefined : value })}
        options={OUTCOME_FILTERS.map((one) => [one, t(`inspector.show.${one}`)] as const)}
      />
      <TextField
        label={t('inspector.search')}
        hideLabel
        type="search"
        placeholder={t('inspector.search')}
        value={text}
        onInput={(value) => setQuery({ text: value })}
      />
    </div>
  );
}

function Decisions({ found, any }: { readonly found: readonly Decision[]; readonly any: boolean }) {
  if (found.length === 0)
    return any ? (
      <Empty title={t('inspector.noneFound')}>{t('inspector.noneFoundHint')}</Empty>
    ) : (
      <Empty title={t('inspector.empty')}>
        <span>{t('inspector.emptyHint')}</span>
        <a class="button" href="#/playground">
          {t('inspector.openPlayground')}
        </a>
      </Empty>
    );
  return (
    <ol>
      {found.map((decision) => (
        <DecisionItem key={decision.id ?? `${decision.requestId} ${decision.atMs}`} decision={decision} />
      ))}
    </ol>
  );
}
