import type { ImportAnswer } from '@nearhit/http/admin-types';
import { useRef, useState } from 'preact/hooks';
import { call } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { useAction } from '../../lib/use-resource.ts';
import { Button, Card, Failure } from '../../ui/basics.tsx';
import { ImportReport } from './import-report.tsx';

export function ImportExport() {
  const file = useRef<HTMLInputElement>(null);
  const [report, setReport] = useState<ImportAnswer | undefined>();
  const load = useAction(async (chosen: File) => {
    setReport(undefined);
    setReport(await call<ImportAnswer>('POST', '/admin/v1/import', { lines: chosen }));
  });
  return (
    <Card title={t('transfer.title')}>
      <div class="stack">
        <p class="small muted">{t('transfer.lead')}</p>
        <div class="row">
          <a class="button" href="/admin/v1/export" download="nearhit-entries.ndjson">
            {t('transfer.export')}
          </a>
          <Button disabled={load.busy} onClick={() => file.current?.click()}>
            {t(load.busy ? 'transfer.importing' : 'transfer.import')}
          </Button>
        </div>
        <input
          ref={file}
          type="file"
          accept=".ndjson,.jsonl"
          hidden
          aria-label={t('transfer.import')}
          onChange={({ currentTarget }) => {
            const chosen = currentTarget.files?.[0];
            currentTarget.value = '';
            if (chosen !== undefined) void load.run(chosen);
          }}
        />
        <Failure error={load.error} />
        {report !== undefined && <ImportReport report={report} />}
      </div>
    </Card>
  );
}
