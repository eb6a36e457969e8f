import { useState } from 'preact/hooks';
import { ApiError, refusalOf } from '../lib/api.ts';
import { t } from '../lib/i18n.ts';
import { logIn, session } from '../lib/session.ts';
import { useAction } from '../lib/use-resource.ts';
import { Button, Failure, Notice } from '../ui/basics.tsx';
import { TextField } from '../ui/fields.tsx';
import { Logo } from '../ui/icon.tsx';
import { Preferences } from '../ui/preferences.tsx';

export function LoginPage() {
  const [token, setToken] = useState('');
  const { run, busy, error } = useAction(() => attempt(token.trim()));
  return (
    <main class="login">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <h1 class="brand">
          <Logo /> nearhit
        </h1>
        {session.value.expired === true && <Notice>{t('login.expired')}</Notice>}
        <TextField
          label={t('login.token')}
          hint={t('login.hint')}
          type="password"
          autocomplete="current-password"
          autofocus
          required
          value={token}
          onInput={setToken}
        />
        <Failure error={error} />
        <Button submit kind="primary" disabled={busy || token.trim() === ''}>
          {t('login.submit')}
        </Button>
        <Preferences />
      </form>
    </main>
  );
}

async function attempt(token: string): Promise<void> {
  const refused = await logIn(token).catch(() => {
    throw new ApiError(0, null, t('error.unreachable'));
  });
  if (refused === undefined) return;
  throw refused.status === 401 ? new ApiError(401, null, t('login.wrong')) : await refusalOf(refused);
}
