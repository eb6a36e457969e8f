import type { MadeKeyAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { t } from '../../lib/i18n.ts';
import { Button, Notice } from '../../ui/basics.tsx';
import { Dialog } from '../../ui/dialog.tsx';

interface ShownOnceProps {
  readonly made: MadeKeyAnswer;
  readonly onClose: () => void;
}

/** The secret of a new key: in this dialog, and then nowhere. */
export function ShownOnce({ made: { name, key }, onClose }: ShownOnceProps) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard?.writeText(key).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <Dialog title={t('keys.made', { name })} onClose={onClose}>
      <div class="stack">
        <Notice tone="warn">{t('keys.madeHint')}</Notice>
        <div class="secret">
          <code data-testid="secret">{key}</code>
          <Button small onClick={copy}>
            {t(copied ? 'action.copied' : 'action.copy')}
          </Button>
        </div>
        <div class="row row-end">
          <Button kind="primary" onClick={onClose}>
            {t('keys.kept')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
