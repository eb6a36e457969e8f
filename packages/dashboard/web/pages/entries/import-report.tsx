import type { ImportAnswer } from '@nearhit/http/admin-types';
import { count } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { Notice } from '../../ui/basics.tsx';

const FAULTS_SHOWN = 5;

/** What came of an import, the first lines that were refused included. */
export function ImportReport({ report }: { readonly report: ImportAnswer }) {
  const { entries, pairs, refused, errors } = report;
  return (
    <>
      <Notice tone={refused === 0 ? 'good' : 'warn'}>
        {t('transfer.report', { entries: count(entries), pairs: count(pairs), refused: count(refused) })}
      </Notice>
      {errors.length > 0 && (
        <ul class="steps small">
          {errors.slice(0, FAULTS_SHOWN).map(({ line, error }) => (
            <li key={line}>{t('transfer.fault', { line, message: error })}</li>
          ))}
        </ul>
      )}
    </>
  );
}
