import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expectEqual } from '../expect';

/** What axe finds on the page as it is now, in the light and in the dark. It is run past the page's content security policy, which stays on. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(axe.source);
    const { violations }: axe.AxeResults = await page.evaluate('axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })');
    expectEqual(`what is not accessible on ${page.url()}, ${colorScheme}`, violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), []);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

/** That nothing is wider than the page, and that a finger hits what can be touched. */
export async function expectFitsPhone(page: Page): Promise<void> {
  const width = await page.evaluate('document.documentElement.scrollWidth');
  expectEqual(`width of ${page.url()}`, width, page.viewportSize()!.width);
  const touched = page.locator('button:visible, input:not([type="checkbox"]):visible, label:has([type="checkbox"]):visible, .list a:visible, nav a:visible');
  for (const target of await touched.all()) {
    const { height } = (await target.boundingBox())!;
    if (height < 44) throw new Error(`${await target.innerText()} on ${page.url()} is ${height} pixels high: too small for a finger`);
  }
}
