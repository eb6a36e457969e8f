import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/components.css';
import './styles/feedback.css';
import './styles/figures.css';
import './styles/pages.css';
import { App } from './app.tsx';
import { preferredLanguage, switchLanguage } from './lib/i18n.ts';
import { startRouter } from './lib/router.ts';
import { resumeSession } from './lib/session.ts';
import { startTheme } from './lib/theme.ts';

startTheme();
startRouter();
await Promise.all([switchLanguage(preferredLanguage()).catch(() => undefined), resumeSession()]);
render(<App />, document.getElementById('root') as HTMLElement);
