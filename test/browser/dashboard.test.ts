import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { enter, goTo, logIn, openBrowser, visit } from '../support/browser.ts';
import { cacheOf, Gateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

// A browser on a busy machine: each step may take its time.
jest.setTimeout(180_000);

let browser: Browser;
let gateway: Gateway;

beforeAll(async () => {
  [browser, gateway] = await Promise.all([openBrowser(), Gateway.start()]);
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
afterAll(() => Promise.all([browser?.close(), gateway?.close()]));

const ask = (question: string, headers: Record<string, string> = {}) =>
  gateway.ask(question, { model: 'demo-fast' }, headers);

describe('logging in', () => {
  test('takes the admin token only, survives a reload, and ends with logging out', async () => {
    const { page, complaints } = await visit(browser, gateway.url);
    await logIn(page, 'not the token');
    await page.getByRole('alert').getByText('That is not the admin token.').waitFor();
    await logIn(page);
    await page.getByRole('heading', { level: 1, name: 'Live' }).waitFor();
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Live' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Admin token').waitFor();
    await page.reload();
    await page.getByLabel('Admin token').waitFor();
    expect(await page.evaluate('JSON.stringify(localStorage) + document.cookie')).not.toMatch(/token|csrf/i);
    expect(complaints).toEqual([]);
  });
});

describe('live', () => {
  test('figures move while traffic runs, and a lost connection comes back by itself', async () => {
    const own = await Gateway.start();
    try {
      const { page } = await enter(browser, own.url);
      const requests = page.locator('.tile').filter({ hasText: 'Requests' }).locator('.figure');
      await page.getByText('Ask your first question').waitFor();
      await own.ask('How long is a day pass valid?', { model: 'demo-fast' });
      await until('one request is counted', async () => (await requests.textContent()) === '1', 60_000);
      await page.getByRole('listitem').filter({ hasText: 'How long is a day pass valid?' }).waitFor();
      await own.ask('How long is a day pass valid?', { model: 'demo-fast' });
      await until('two are', async () => (await requests.textContent()) === '2', 60_000);

      own.env = { ...own.env, PORT: new URL(own.url).port };
      await own.shut();
      await page.getByText('Connection lost, trying again').waitFor();
      await own.open();
      await page.locator('.connection[data-state=open]').waitFor();
      await own.ask('How long is a day pass valid?', { model: 'demo-fast' });
      await until('the third is, after all that', async () => (await requests.textContent()) === '3', 60_000);
    } finally {
      await own.close();
    }
  });
});

describe('threshold room', () => {
  test('the slider changes a policy, the next request obeys, and undo takes it back', async () => {
    const headers = { 'x-nearhit-namespace': 'room' };
    await ask('How long is a return ticket valid for 2 persons?', headers);
    await gateway.flush();
    const paraphrase = 'For how long is a return ticket for 2 persons valid?';
    expect(cacheOf(await ask(paraphrase, { ...headers, 'x-nearhit-cache': 'only' }))).toMatchObject({
      layer: 'semantic',
    });

    const { page } = await enter(browser, gateway.url);
    await goTo(page, '#/thresholds?namespace=room', 'Threshold room');
    const slider = page.getByRole('slider', { name: 'Threshold' });
    await slider.focus();
    await page.keyboard.press('End');
    await page.getByText('No longer served: 1.').waitFor();
    await page.getByRole('button', { name: 'Apply 1.000' }).click();
    await page.getByText('In force from now on.').waitFor();
    expect(cacheOf(await ask(paraphrase, { ...headers, 'x-nearhit-cache': 'only' }))).toMatchObject({ cache: 'miss' });

    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('As it was before.').waitFor();
    expect((await gateway.admin('GET', '/policies/room')).json.own).toEqual({});
    expect(cacheOf(await ask(paraphrase, { ...headers, 'x-nearhit-cache': 'only' }))).toMatchObject({
      layer: 'semantic',
    });
  });
});

describe('inspector', () => {
  test('wrong removes the answer for that question; a near miss shows what differs', async () => {
    const headers = { 'x-nearhit-namespace': 'inspected' };
    await ask('How long is a museum card valid for 2 persons?', headers);
    await gateway.flush();
    const paraphrase = 'For how long is a museum card for 2 persons valid?';
    expect(cacheOf(await ask(paraphrase, headers))).toMatchObject({ cache: 'hit', layer: 'semantic' });
    expect(cacheOf(await ask('How long is a museum card valid for 3 persons?', headers))).toMatchObject({
      reason: 'guard:number',
    });

    const { page } = await enter(browser, gateway.url);
    await goTo(page, '#/inspector?namespace=inspected&show=near', 'Inspector');
    const miss = page.getByRole('listitem').filter({ hasText: 'a guard sees a difference: another number' });
    expect(await miss.locator('mark').allInnerTexts()).toEqual(['3', '2']);

    await page.getByLabel('Show').selectOption('Hits by meaning');
    await page.getByRole('listitem').filter({ hasText: paraphrase }).getByRole('button', { name: 'Wrong' }).click();
    await page.getByText('this answer is not served for that question again').waitFor();
    expect(cacheOf(await ask(paraphrase, { ...headers, 'x-nearhit-cache': 'only' }))).toEqual({
      cache: 'miss',
      layer: undefined,
      reason: 'feedback',
    });
  });
});

describe('entries', () => {
  test('are found by meaning; many are dropped after a dry run only', async () => {
    const headers = { 'x-nearhit-namespace': 'stored', 'x-nearhit-tags': 'doc:7@v1' };
    await ask('How do I cancel a parking permit?', headers);
    await ask('What is a library card for?', headers);
    await gateway.flush();
    const { page } = await enter(browser, gateway.url);
    await goTo(page, '#/entries?namespace=stored', 'Entries');
    await page.getByRole('listitem').filter({ hasText: 'library card' }).waitFor();
    await page.getByRole('searchbox', { name: 'Question' }).fill('cancelling the permit to park');
    const first = page.getByRole('listitem').first();
    await first.filter({ hasText: 'How do I cancel a parking permit?' }).waitFor();
    await first.getByRole('button', { name: 'Answer', exact: true }).click();
    await page.getByText("nearhit's built-in demo provider").waitFor();

    await page.getByLabel('Which').fill('doc:7');
    await page.getByRole('button', { name: 'See what would go' }).click();
    await page.getByText('Entries that would be dropped: 2.').waitFor();
    expect((await gateway.admin('GET', '/entries?namespace=stored')).json.entries).toHaveLength(2);
    await page.getByRole('button', { name: 'Drop 2' }).click();
    // Exactly: what was said of the dry run holds these words, too.
    await page.getByText('Dropped: 2.', { exact: true }).waitFor();
    expect((await gateway.admin('GET', '/entries?namespace=stored')).json.entries).toHaveLength(0);

    const line = JSON.stringify({ text: 'Is there a lift?', answer: 'Yes.', model: 'demo-fast', namespace: 'stored' });
    const lines = Buffer.from(`${line}\nnot JSON\n`);
    await page.locator('input[type=file]').setInputFiles({ name: 'a.jsonl', mimeType: 'text/plain', buffer: lines });
    await page.getByText('Taken in: 1 entries and 0 judged pairs. Lines refused: 1.').waitFor();
    await page.getByText('Line 2:').waitFor();
    await gateway.flush();
    expect((await gateway.admin('GET', '/entries?namespace=stored')).json.entries).toHaveLength(1);
  });
});

describe('keys and usage', () => {
  test('a new key is shown once, and works', async () => {
    const { page } = await enter(browser, gateway.url);
    await goTo(page, '#/keys', 'Keys and limits');
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('support bot');
    await dialog.getByLabel('USD per month').fill('10');
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    // In the page a moment before its dialog is open: Escape would go to nobody.
    await page.getByTestId('secret').waitFor({ state: 'visible' });
    const key = (await page.getByTestId('secret').textContent()) ?? '';
    expect(key).toMatch(/^nh_/);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('rowheader', { name: 'support bot' }).waitFor();
    // The dialog is closed before it is taken out of the page.
    await until('the key is nowhere in the page', async () => !(await page.content()).includes(key));
    const answered = await ask('Is it open?', { authorization: `Bearer ${key}` });
    expect(answered.status).toBe(200);
  });

  test('usage is downloaded as CSV', async () => {
    await ask('What does a ski pass cost?');
    const { page } = await enter(browser, gateway.url);
    await goTo(page, '#/usage?by=model', 'Usage');
    await page.getByRole('rowheader', { name: 'demo-fast' }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('nearhit-usage-by-model.csv');
    let csv = '';
    for await (const piece of await download.createReadStream()) csv += piece;
    expect(csv).toMatch(/^model,requests,/);
    expect(csv).toContain('\r\ndemo-fast,');
  });
});

describe('playground', () => {
  test('streams an answer, with its headers and the decision before it', async () => {
    const { page } = await enter(browser, gateway.url);
    await goTo(page, '#/playground', 'Playground');
    await page.getByLabel('Question').fill('How long is a boat ticket valid?');
    await page.getByLabel('Model').selectOption('demo-fast');
    await page.getByLabel('Namespace').fill('play');
    await page.getByLabel('Question').press('Control+Enter');
    await page.getByText('You asked: "How long is a boat ticket valid?"').waitFor();
    await page.getByText('Nothing like it was stored.').waitFor();
    await gateway.flush();
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText('The same request was answered before, word for word.').waitFor();
    await page.getByText('Response headers').click();
    await page.getByText('x-nearhit-cache', { exact: true }).waitFor();
  });
});
