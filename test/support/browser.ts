import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ADMIN_TOKEN } from './client.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = [process.env.CHROMIUM_PATH ?? '', ...places, MAC].find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    'The browser tests need Chromium and none was found: install it (Debian: apt-get install chromium), or say where it is in CHROMIUM_PATH.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return path !== '';
  } catch {
    return false;
  }
}

/** Chromium does not sandbox for root, and says so by not starting. */
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: findChromium(), args: [...asRoot, '--disable-dev-shm-usage'] });

/** What a window measures, in CSS pixels. */
export const DESK = { width: 1280, height: 800 };

export interface Visit {
  readonly page: Page;
  /** What the browser complained about, and every address that it asked elsewhere. */
  readonly complaints: string[];
}

/** The dashboard in a window of its own, nobody logged in. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ locale: 'en-US', viewport: DESK, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // That nobody is logged in yet is asked, and answered with 401.
    if (message.type() === 'error' && !/status of 401/.test(message.text())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(?:blob|data):/.test(request.url()) && !request.url().startsWith(url)) complaints.push(request.url());
  });
  await page.goto(`${url}/dashboard`);
  return { page, complaints };
}

export async function logIn(page: Page, token = ADMIN_TOKEN): Promise<void> {
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Logged in, on the first page. */
export async function enter(browser: Browser, url: string, options?: BrowserContextOptions): Promise<Visit> {
  const visited = await visit(browser, url, options);
  await logIn(visited.page);
  await visited.page.getByRole('heading', { level: 1, name: 'Live' }).waitFor();
  return visited;
}

export async function goTo(page: Page, hash: string, heading: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds that is serious or worse: rule, and where. `rules`: those alone. */
export async function seriousIssues(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(`${axe}; undefined`);
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const { violations } = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
