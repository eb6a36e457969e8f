import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from './lib/i18n.ts';
import { PAGES, type Page, route } from './lib/router.ts';
import { loadScopes } from './lib/scopes.ts';
import { logOut, session } from './lib/session.ts';
import { EntriesPage } from './pages/entries/entries-page.tsx';
import { InspectorPage } from './pages/inspector/inspector-page.tsx';
import { KeysPage } from './pages/keys/keys-page.tsx';
import { LivePage } from './pages/live/live-page.tsx';
import { LoginPage } from './pages/login.tsx';
import { PlaygroundPage } from './pages/playground/playground-page.tsx';
import { ProvidersPage } from './pages/providers.tsx';
import { ThresholdsPage } from './pages/thresholds/thresholds-page.tsx';
import { UsagePage } from './pages/usage/usage-page.tsx';
import { Button } from './ui/basics.tsx';
import { Icon, Logo } from './ui/icon.tsx';
import { Preferences } from './ui/preferences.tsx';
import { Toasts } from './ui/toast.tsx';

const VIEWS: Readonly<Record<Page, ComponentType>> = {
  live: LivePage,
  thresholds: ThresholdsPage,
  inspector: InspectorPage,
  entries: EntriesPage,
  keys: KeysPage,
  usage: UsagePage,
  playground: PlaygroundPage,
  providers: ProvidersPage,
};

export function App() {
  const { state } = session.value;
  if (state === 'unknown') return null;
  return (
    <>
      {state === 'out' ? <LoginPage /> : <House />}
      <Toasts />
    </>
  );
}

function House() {
  const { page } = route.value;
  const main = useRef<HTMLElement>(null);
  const View = VIEWS[page];
  const title = t(`nav.${page}`);
  useEffect(() => {
    void loadScopes();
  }, [page]);
  useEffect(() => {
    document.title = `${title} · nearhit`;
  }, [title]);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {t('nav.skip')}
      </button>
      <Side page={page} />
      <main class="main" id="main" tabIndex={-1} ref={main}>
        <View key={page} />
      </main>
    </div>
  );
}

function Side({ page }: { readonly page: Page }) {
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [page]);
  return (
    <header class="side" data-open={open ? '' : undefined}>
      <a class="brand" href="#/live">
        <Logo /> nearhit
      </a>
      <button
        type="button"
        class="button menu-button"
        aria-expanded={open}
        aria-controls="menu"
        aria-label={t('nav.menu')}
        onClick={() => setOpen(!open)}
      >
        <Icon name="menu" />
      </button>
      <div class="side-menu" id="menu">
        <nav class="nav" aria-label={t('nav.label')}>
          {PAGES.map((one) => (
            <a key={one} href={`#/${one}`} aria-current={one === page ? 'page' : undefined}>
              <Icon name={one} />
              {t(`nav.${one}`)}
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <Preferences />
          <Button small onClick={() => void logOut()}>
            {t('nav.logOut')}
          </Button>
        </div>
      </div>
    </header>
  );
}
