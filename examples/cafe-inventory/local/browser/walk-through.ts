import { join } from 'node:path';
import {
  CognitoIdentityProviderClient, GetTokensFromRefreshTokenCommand, NotAuthorizedException, RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import type { Browser, Locator, Page, Route } from 'playwright-core';
import { expectAccessible, expectFitsPhone } from './accessibility';
import { BookkeepingPage } from './bookkeeping-page';
import { complaintsOf, DESK, expectSteady, inBrowser, PHONE, watchShifts } from './browser';
import { inventory, query } from '../../lambdas/lookup';
import { addUser, newPassword } from '../bookkeeper';
import type { Cloud } from '../cloud';
import { whileLocked } from '../database';
import { expectEqual } from '../expect';
import { until } from '../loopback';
import type { OpenCafe } from '../open-cafe';
import { step } from '../step';

const REPORTS = /\/reports\/[0-9a-f]{32}$/;

/** What people do with the website, done in a browser and judged. The pictures of it go into a directory. */
export async function walkThrough(cafe: OpenCafe, pictures: string): Promise<void> {
  await inBrowser(async browser => {
    await guests(browser, cafe, pictures);
    const { reportId } = await bookkeepers(browser, cafe, pictures);
    await somebodyElse(browser, cafe, reportId);
    await onThePhone(browser, cafe, reportId, pictures);
  });
}

async function guests(browser: Browser, { website, mailbox }: OpenCafe, pictures: string): Promise<void> {
  const context = await browser.newContext(DESK);
  const complaints = complaintsOf(context);
  const page = await context.newPage();
  await step('A guest reads the menu, and finds the door to the bookkeeping', async () => {
    const response = await page.goto(website);
    const { 'content-security-policy': policy } = response!.headers();
    expectEqual(`${policy} is strict`, /^default-src 'none'; script-src 'self';/.test(policy) && !policy.includes('unsafe'), true);
    await page.locator('#menu-board .item').first().waitFor();
    await page.screenshot({ path: join(pictures, 'website.png') });
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Bookkeeping' }).click();
    await new BookkeepingPage(page, website).isAt('Sign in');
    await page.screenshot({ path: join(pictures, 'sign-in.png') });
    await expectAccessible(page);
  });
  await step('The mailbox shows the mail', async () => {
    await page.goto(mailbox.address);
    await page.locator('#text a').waitFor();
    await page.screenshot({ path: join(pictures, 'mail.png') });
    await expectAccessible(page);
  });
  expectEqual('complaints of the pages', complaints, []);
  await context.close();
}

async function bookkeepers(browser: Browser, cafe: OpenCafe, pictures: string): Promise<{ reportId: string }> {
  const { cloud, database, outputs, frank, mailbox, website, mail } = cafe;
  const context = await browser.newContext(DESK);
  const complaints = complaintsOf(context);
  await watchShifts(context);
  const page = await context.newPage();
  const desk = new BookkeepingPage(page, website);
  const picture = (name: string, of = page) => of.screenshot({ path: join(pictures, `${name}.png`) });
  const cognito = new CognitoIdentityProviderClient(cloud);
  const { UserPoolClientId: ClientId } = outputs;
  const executions = () => countExecutions(cloud, outputs.StateMachineArn);

  await step('A wrong password is refused in the same words as an unknown address', async () => {
    await desk.visit();
    await desk.signIn({ email: frank.email, password: newPassword() });
    const said = await textOf(page, '#sign-in-form .problem:visible');
    await desk.signIn({ email: 'nobody@cafe.example', password: newPassword() });
    await page.locator('#sign-in-form button:not([aria-disabled="true"])').waitFor();
    expectEqual('what an unknown address is told', await textOf(page, '#sign-in-form .problem:visible'), said);
    expectEqual('the wrong password is still there', await page.getByRole('textbox', { name: 'Password', exact: true }).inputValue(), '');
    await expectAccessible(page);
  });

  await step('Frank signs in with the keyboard alone', async () => {
    await desk.visit();
    await desk.isAt('Sign in');
    await tabTo(page, page.getByLabel('Email address'));
    await page.keyboard.type(frank.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(frank.password);
    await page.keyboard.press('Enter');
    await desk.isAt('Reports');
    expectEqual('what has the focus', await page.evaluate('document.activeElement.textContent'), 'Reports');
    expectEqual('what outlives the tab', await page.evaluate('Object.keys(localStorage)'), []);
  });

  const before = await executions();
  await step('A double click on the button brings one report, and its steps are shown as it is made', async () => {
    await whileLocked(database, async () => {
      await desk.requestButton.dblclick();
      await page.locator('#report-steps li[data-status="RUNNING"]').waitFor();
      await picture('progress');
      expectEqual('steps', await page.locator('#report-steps li').allInnerTexts(), [
        'Look up the stock\nunder way', 'Write the report\nwaiting', 'Make the link\nwaiting', 'Send the mail\nwaiting',
      ]);
      expectEqual('what a screen reader is told', await textOf(page, '#announcement'), 'Look up the stock: under way');
      await expectAccessible(page);
    });
    await desk.isReady();
    expectEqual('steps', await page.locator('#report-steps li').allInnerTexts(), [
      'Look up the stock\ndone', 'Write the report\ndone', 'Make the link\ndone', 'Send the mail\ndone',
    ]);
    expectEqual('executions', await executions(), before + 1);
    expectEqual('what a screen reader is told', await textOf(page, '#announcement'), 'Ready. It was mailed, and you can open it here.');
    await picture('report-ready');
    await expectAccessible(page);
  });
  const reportId = desk.reportId();
  const newMail = await until('the mail', 15, () => mailbox.mails.find(({ text }) => text.includes(reportId)));

  await step('The mailed link opens the report, and no longer when it was revoked', async () => {
    const reader = await context.newPage();
    const [{ url }] = newMail.links;
    expectEqual('status', (await reader.goto(url))!.status(), 200);
    await page.getByRole('button', { name: 'Revoke the mailed link' }).click();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await page.getByText('The mailed link opens no longer.').waitFor();
    expectEqual('status', (await reader.goto(url))!.status(), 404);
    await reader.getByRole('heading', { name: 'This report is not available' }).waitFor();
    await picture('link-not-available', reader);
    await expectAccessible(reader);
    await reader.close();
  });
  await step('The report opens in a tab of its own, which does not know where it came from', async () => {
    const [tab] = await Promise.all([context.waitForEvent('page'), desk.openButton.click()]);
    await tab.waitForURL(/\/report\.html\?/);
    await tab.getByRole('table').waitFor();
    expectEqual('referrer and opener', await tab.evaluate('[document.referrer, window.opener]'), ['', null]);
    await tab.setViewportSize({ width: 1440, height: 1080 });
    await picture('report', tab);
    await expectAccessible(tab);
    await tab.close();
  });
  await step('A reload keeps the session, and the report', async () => {
    await page.reload();
    await desk.isReady();
    expectEqual('report', desk.reportId(), reportId);
    await expectSteady(page);
  });

  const second = await step('An answer that is lost, and one try more, make one report, of what must be reordered', async () => {
    await page.getByRole('link', { name: 'All reports' }).click();
    await page.route('**/create_report', async route => {
      await route.fetch(); // it arrives, and its answer does not
      await route.abort();
    }, { times: 1 });
    await desk.onlyReorder.check();
    await desk.requestButton.click();
    await desk.problem.waitFor();
    await desk.requestButton.click();
    await desk.isReady();
    expectEqual('executions', await executions(), before + 2);
    const { rows } = inventory(await query({ uri: database.url }), new Date());
    expectEqual('rows', (await frank.report(desk.reportId())).rows, rows.filter(({ reorder }) => reorder).length);
    return desk.reportId();
  });
  const third = await step('A connection that is lost while a report is made comes back', async () => {
    await page.getByRole('link', { name: 'All reports' }).click();
    await page.route(REPORTS, route => route.abort(), { times: 2 });
    expectEqual('the next one is of what must be reordered, too', await desk.onlyReorder.isChecked(), false);
    await desk.requestButton.click();
    await desk.problem.waitFor();
    await desk.isReady();
    expectEqual('problems', await desk.problem.count(), 0);
    return desk.reportId();
  });

  await step('Earlier reports are listed, the newest first, a page at a time', async () => {
    await desk.visit();
    await desk.entries.first().waitFor();
    const all = await desk.listedIds();
    await expectSteady(page);
    expectEqual('the newest reports', all.slice(0, 3), [third, second, reportId]);
    expectEqual('the report of the first mail is listed', all.some(id => mail.text.includes(id)), true);
    await picture('reports');
    await expectAccessible(page);

    await page.route('**/reports?limit=10*', route => route.continue({ url: route.request().url().replace('limit=10', 'limit=2') }));
    await page.reload();
    await page.getByRole('button', { name: 'Show more' }).click();
    await desk.entries.nth(3).waitFor();
    expectEqual('two pages of two', await desk.listedIds(), all.slice(0, 4));
    expectEqual('what has the focus', await page.evaluate('document.activeElement.getAttribute("href")'), `#report-${all[2]}`);
    await page.unrouteAll();
  });
  await step('The back button goes from a report to the list', async () => {
    await desk.visit();
    await desk.entries.last().click();
    await desk.isReady();
    await page.goBack();
    await desk.isAt('Reports');
    await page.goForward();
    await desk.isReady();
  });

  await step('A session that has ended leads to the sign-in, and back to where she was', async () => {
    await desk.visit(`#report-${reportId}`);
    await desk.isReady();
    await desk.spoilToken();
    await desk.openButton.click();
    await desk.isAt('Sign in');
    expectEqual('why', await textOf(page, '#sign-in-reason'), 'Your session has ended. Sign in again, and you are back where you were.');
    expectEqual('what the page still says of the report', await page.locator('#report-view').textContent().then(text => text!.includes('Ready')), false);
    await expectAccessible(page);
    await desk.signIn(frank);
    await desk.isReady();
    expectEqual('report', desk.reportId(), reportId);
  });
  await step('What she asked for when her session had ended is done when she is back', async () => {
    await desk.visit();
    await desk.entries.first().waitFor();
    const earlier = await executions();
    await cognito.send(new RevokeTokenCommand({ ClientId, Token: (await desk.stored('.refreshToken'))[0] }));
    await expireTokens(page);
    await desk.onlyReorder.check();
    await desk.requestButton.click();
    await desk.isAt('Sign in');
    const request = page.waitForRequest('**/create_report');
    await desk.signIn(frank);
    expectEqual('what is asked for', (await request).postDataJSON().parameters, { onlyBelowReorderLevel: true });
    await desk.isReady();
    expectEqual('executions', await executions(), earlier + 1);
  });

  await step('Who signs out leaves nothing behind, and the back button shows nothing', async () => {
    const [refreshToken] = await desk.stored('.refreshToken');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await desk.isAt('Sign in');
    await page.goBack();
    await desk.isAt('Sign in');
    const text = await page.locator('main').textContent();
    expectEqual('what is left of her', [frank.email, reportId, 'Coffee supplier inventory, '].filter(trace => text!.includes(trace)), []);
    expectEqual('tokens that are kept', await desk.stored('Token'), []);
    const refused = await cognito.send(new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken: refreshToken }))
      .then(() => false, error => error instanceof NotAuthorizedException);
    expectEqual('the token that brings new ones is refused', refused, true);
  });

  await step('No page complained of an error, or of its security policy', () => expectEqual('complaints', complaints, []));
  await context.close();
  return { reportId };
}

async function somebodyElse(browser: Browser, { cloud, outputs, website }: OpenCafe, reportOfFrank: string): Promise<void> {
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  const desk = new BookkeepingPage(page, website);
  await step('Grace, who is new, chooses her password on her first visit', async () => {
    await desk.visit();
    await desk.signIn(await addUser(cloud, outputs, 'grace@cafe.example'));
    await desk.isAt('Choose your password');
    await expectAccessible(page);
    await page.getByLabel('New password').fill(newPassword());
    await page.getByRole('button', { name: 'Save and sign in' }).click();
    await desk.isAt('Reports');
  });
  await step('She is no bookkeeper: Frank’s reports are not in her list, and do not exist for her', async () => {
    await page.getByText('There is none yet').waitFor();
    expectEqual('reports', await desk.listedIds(), []);
    await desk.visit(`#report-${reportOfFrank}`);
    expectEqual('what she is told', await textOf(page, '#report-problem:visible'), 'There is no report with this id that you may see.');
    expectEqual('she can open it', await desk.openButton.isVisible(), false);
  });
  await step('A page that nobody looks at does not ask, and asks at once when somebody does', () => asksOnlyWhenSeen(page, desk));
  await context.close();
}

async function onThePhone(browser: Browser, { frank, website, mailbox }: OpenCafe, reportId: string, pictures: string): Promise<void> {
  const context = await browser.newContext({ ...PHONE, deviceScaleFactor: 2 });
  await watchShifts(context);
  const page = await context.newPage();
  const desk = new BookkeepingPage(page, website);
  await step('Everything fits a phone of 360 pixels, and fingers', async () => {
    const expectFits = async (name: string) => {
      await expectFitsPhone(page);
      await expectSteady(page);
      await page.screenshot({ path: join(pictures, `phone-${name}.png`) });
    };
    await page.goto(website);
    await page.locator('#menu-board .item').first().waitFor();
    await expectFits('website');
    await desk.visit();
    await desk.isAt('Sign in');
    await expectFits('sign-in');
    await desk.signIn(frank);
    await desk.entries.first().waitFor();
    await expectFits('reports');
    await desk.visit(`#report-${reportId}`);
    await desk.isReady();
    await expectFits('report-ready');
    await page.goto(mailbox.address);
    await page.locator('#text a').waitFor();
    expectEqual('width of the mailbox', await page.evaluate('document.documentElement.scrollWidth'), 360);
  });
  await context.close();
}

/** By a clock of its own, and by a report that never gets ready. */
async function asksOnlyWhenSeen(page: Page, desk: BookkeepingPage): Promise<void> {
  const report = { reportId: desk.reportId(), status: 'RUNNING', requestedAt: new Date().toISOString() };
  let asked = 0;
  const answer = (route: Route) => route.fulfill({ json: report, headers: { 'access-control-allow-origin': '*' } }).then(() => asked++);
  const setHidden = (hidden: boolean) => page.evaluate(`
    Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
  await page.route(REPORTS, answer);
  await page.clock.install();
  await page.reload();
  await desk.status.and(page.getByText('Being made')).waitFor();
  await page.clock.runFor(5_000);
  await until('the page to ask again', 5, () => asked > 1 || undefined);

  await setHidden(true);
  const askedBefore = asked;
  await page.clock.runFor(60_000);
  expectEqual('questions of a page that nobody sees', asked, askedBefore);
  await setHidden(false);
  await until('the page to ask again', 5, () => asked > askedBefore || undefined);
  await page.unroute(REPORTS, answer);
}

async function textOf(page: Page, selector: string): Promise<string> {
  return page.locator(selector).innerText();
}

/** From the top of the page. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; await target.and(page.locator(':focus')).count() === 0; presses++) {
    if (presses > 20) throw new Error('The keyboard does not get there');
    await page.keyboard.press('Tab');
  }
}

async function countExecutions(cloud: Cloud, stateMachineArn: string): Promise<number> {
  let count = 0;
  for await (const { executions } of paginateListExecutions({ client: new SFNClient(cloud) }, { stateMachineArn })) count += executions!.length;
  return count;
}

/** As time does: the browser has to get new tokens now. */
async function expireTokens(page: Page): Promise<void> {
  await page.evaluate(`for (const key of Object.keys(sessionStorage).filter(name => /\\.(id|access)Token$/.test(name))) {
    const [header, payload, signature] = sessionStorage[key].split('.');
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    const expired = btoa(JSON.stringify({ ...claims, exp: 1 })).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    sessionStorage[key] = [header, expired, signature].join('.');
  }`);
}
