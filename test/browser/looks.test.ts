import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { DESK, enter, goTo, openBrowser, seriousIssues, visit } from '../support/browser.ts';
import { Gateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

// A browser on a busy machine: each step may take its time.
jest.setTimeout(180_000);

let browser: Browser;
let gateway: Gateway;

const PAGES = [
  ['#/live', 'Live'],
  ['#/thresholds', 'Threshold room'],
  ['#/inspector', 'Inspector'],
  ['#/entries', 'Entries'],
  ['#/keys', 'Keys and limits'],
  ['#/usage', 'Usage'],
  ['#/playground', 'Playground'],
  ['#/providers', 'Providers and models'],
] as const;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

beforeAll(async () => {
  [browser, gateway] = await Promise.all([openBrowser(), Gateway.start()]);
  const ask = (question: string) => gateway.ask(question, { model: 'demo-fast' }, { 'x-nearhit-tags': 'doc:1' });
  await ask('How long is a return ticket valid for 2 persons?');
  await gateway.flush();
  await ask('For how long is a return ticket for 2 persons valid?');
  await ask('How long is a return ticket valid for 3 persons?');
  await gateway.admin('POST', '/keys', { name: 'bot', budgetUsdDay: 1, rpm: 60 });
  await gateway.admin('PUT', '/tenants/acme', { budgetUsdMonth: 100 });
  const pairs = [0.5, 0.8, 0.9, 0.95].map((at, index) => ({
    ...{ namespace: 'default', model: 'demo-fast', a: `How long is a day pass valid for ${index} days?` },
    ...{ b: `For how long is a day pass of ${index} days valid (${at})?`, verdict: index < 2 ? 'wrong' : 'right' },
    fingerprint: 'f'.repeat(64),
  }));
  await gateway.admin('POST', '/pairs', { pairs });
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
afterAll(() => Promise.all([browser?.close(), gateway?.close()]));

/** In dark only the colours differ. */
async function issues(page: Page): Promise<{ light: string[]; dark: string[] }> {
  const light = await seriousIssues(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await seriousIssues(page, ['color-contrast']);
  await page.emulateMedia({ colorScheme: 'light' });
  return { light, dark };
}

const tooWide = (page: Page): Promise<number> =>
  page.evaluate('Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)');

describe('every page', () => {
  // One walk: to load a page costs more than to look at it.
  test('has nothing serious for axe-core, light and dark, fits a phone, and nothing fails', async () => {
    const login = await visit(browser, gateway.url);
    await login.page.getByLabel('Admin token').waitFor();
    expect(await issues(login.page)).toEqual({ light: [], dark: [] });
    // Colours that fade into one another are none of either scheme.
    const { page, complaints } = await enter(browser, gateway.url, { reducedMotion: 'reduce' });
    for (const [hash, heading] of PAGES) {
      await goTo(page, hash, heading);
      await page.locator('.main .card').first().waitFor();
      expect([heading, await issues(page)]).toEqual([heading, { light: [], dark: [] }]);
      await page.setViewportSize(PHONE.viewport);
      // What is measured in scripts (charts) hears of it a moment later.
      await until(`${heading} fits a phone`, async () => (await tooWide(page)) === 0);
      await page.setViewportSize(DESK);
    }
    expect(complaints).toEqual([]);
  });

  test('opened on a phone fits it, and has nothing serious for axe-core', async () => {
    const { page } = await enter(browser, gateway.url, PHONE);
    expect(await tooWide(page)).toBe(0);
    expect(await seriousIssues(page)).toEqual([]);
  });

  test('is also there in Vietnamese, chosen by hand or by the browser', async () => {
    const { page } = await enter(browser, gateway.url);
    await page.getByLabel('Language').selectOption('Tiếng Việt');
    await page.getByRole('heading', { level: 1, name: 'Trực tiếp' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('vi');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Trực tiếp' }).waitFor();
    const other = await visit(browser, gateway.url, { locale: 'vi-VN' });
    await other.page.getByRole('button', { name: 'Đăng nhập' }).waitFor();
  });

  test('is dark or light as the system is, until somebody chooses', async () => {
    const { page } = await enter(browser, gateway.url, { colorScheme: 'dark' });
    const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const dark = await ground();
    await page.getByLabel('Colours').selectOption('Light');
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.getByLabel('Colours').selectOption('As the system');
    expect(await ground()).toBe(dark);
  });

  test('is reached and left by keyboard alone, on a phone through the menu', async () => {
    const { page } = await enter(browser, gateway.url, PHONE);
    await page.getByRole('button', { name: 'Menu' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Inspector' }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Inspector' }).waitFor();
    expect(await page.getByRole('link', { name: 'Entries' }).isVisible()).toBe(false);
  });
});

describe('the first visit', () => {
  test('loads less than 80 kB', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const client = await context.newCDPSession(page);
    await client.send('Network.enable');
    let bytes = 0;
    client.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await page.goto(`${gateway.url}/dashboard`);
    await page.getByLabel('Admin token').waitFor();
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(80_000);
  });
});
