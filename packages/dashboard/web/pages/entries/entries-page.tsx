import { t } from '../../lib/i18n.ts';
import { route, setQuery } from '../../lib/router.ts';
import { PageHead } from '../../ui/basics.tsx';
import { Segments, TextField } from '../../ui/fields.tsx';
import { ScopeFilter } from '../../ui/filters.tsx';
import { EntryList } from './entry-list.tsx';
import { ImportExport } from './import-export.tsx';
import { Invalidate } from './invalidate.tsx';

export function EntriesPage() {
  return (
    <>
      <PageHead title={t('entries.title')}>
        <ScopeFilter />
      </PageHead>
      <p class="page-lead">{t('entries.lead')}</p>
      <Search />
      <div class="split">
        <div class="stack">
          <EntryList />
        </div>
        <div class="stack">
          <Invalidate />
          <ImportExport />
        </div>
      </div>
    </>
  );
}

const MATCHES = ['meaning', 'substring'] as const;

function Search() {
  const { text = '', match, tag = '', context = '' } = route.value.query;
  return (
    <search>
      <div class="row search-row">
        <TextField
          label={t('entries.search')}
          type="search"
          placeholder={t('entries.searchPlaceholder')}
          value={text}
          onInput={(value) => setQuery({ text: value })}
        />
        <div class="field">
          <span class="label">{t('entries.match')}</span>
          <Segments
            label={t('entries.match')}
            value={match === 'substring' ? 'substring' : 'meaning'}
            onChange={(value) => setQuery({ match: value })}
            options={MATCHES.map((one) => [one, t(`entries.match.${one}`)] as const)}
          />
        </div>
        <TextField
          label={t('entries.tag')}
          value={tag}
          placeholder="doc:42"
          onInput={(value) => setQuery({ tag: value })}
        />
        <TextField
          label={t('entries.context')}
          value={context}
          placeholder="42"
          onInput={(value) => setQuery({ context: value })}
        />
      </div>
    </search>
  );
}
