import type { Locator, Page } from 'playwright-core';
import type { User } from '../bookkeeper';

/** The bookkeepers' page, by what a person sees of it. */
export class BookkeepingPage {
  public readonly heading: Locator;
  public readonly problem: Locator;
  public readonly entries: Locator;
  public readonly requestButton: Locator;
  public readonly onlyReorder: Locator;
  public readonly openButton: Locator;
  public readonly status: Locator;

  public constructor(public readonly page: Page, private readonly website: string) {
    this.heading = page.locator('h1:visible');
    this.problem = page.locator('.problem:visible');
    this.entries = page.getByRole('list', { name: 'Earlier reports' }).getByRole('link');
    this.requestButton = page.getByRole('button', { name: 'Request a report' });
    this.onlyReorder = page.getByLabel('Only what must be reordered');
    this.openButton = page.getByRole('button', { name: 'Open the report' });
    this.status = page.locator('#report-status');
  }

  public async visit(hash = ''): Promise<void> {
    await this.page.goto(`${this.website}/reports.html${hash}`);
  }

  public async signIn({ email, password }: User): Promise<void> {
    await this.page.getByLabel('Email address').fill(email);
    await this.page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  public async isAt(title: string): Promise<void> {
    await this.heading.and(this.page.getByText(title, { exact: true })).waitFor();
  }

  public async isReady(): Promise<void> {
    await this.status.and(this.page.getByText('Ready')).waitFor();
  }

  /** The id of the report that is shown. */
  public reportId(): string {
    return new URL(this.page.url()).hash.replace('#report-', '');
  }

  /** Of those that are listed, from the top. */
  public async listedIds(): Promise<string[]> {
    return (await this.entries.all()).reduce(async (ids, link) => [...await ids, (await link.getAttribute('href'))!.replace('#report-', '')], Promise.resolve<string[]>([]));
  }

  /** What the browser keeps for the site in this tab, by name. */
  public async stored(name: string): Promise<string[]> {
    return this.page.evaluate(`Object.keys(sessionStorage).filter(key => key.endsWith(${JSON.stringify(name)})).map(key => sessionStorage[key])`);
  }

  /** Makes the API refuse the token, as it refuses one that is no longer good. */
  public async spoilToken(): Promise<void> {
    await this.page.evaluate('for (const key of Object.keys(sessionStorage)) if (key.endsWith(".idToken")) sessionStorage[key] = sessionStorage[key].slice(0, -8) + "spoiled0"');
  }
}
