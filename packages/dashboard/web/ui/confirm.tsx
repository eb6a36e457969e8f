import type { ComponentChildren } from 'preact';
import { t } from '../lib/i18n.ts';
import { Button } from './basics.tsx';
import { Dialog } from './dialog.tsx';

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  /** What the button that does it says. */
  readonly action: string;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

/** Before something that can't be taken back. */
export function Confirm({ title, text, action, busy, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="stack">
        <p>{text}</p>
        {children}
        <div class="row row-end">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="danger" disabled={busy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
