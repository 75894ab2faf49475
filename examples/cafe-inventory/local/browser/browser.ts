import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

export const DESK: BrowserContextOptions = { viewport: { width: 1080, height: 810 }, locale: 'en-GB', timezoneId: 'Europe/Madrid' };
export const PHONE: BrowserContextOptions = { ...DESK, viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

/** The browser that Debian and most other systems install there, or the one that CHROMIUM names. */
const { CHROMIUM = '/usr/bin/chromium' } = process.env;

export async function inBrowser<T>(work: (browser: Browser) => Promise<T>): Promise<T> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`There is no browser at ${CHROMIUM}: install Chromium, or say in the environment variable CHROMIUM where it is`);
  }
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/**
 * Collects what the pages complain of: errors, and what the content security policy kept them from. That a request failed is no complaint of
 * theirs: the browser writes that down by itself, and the steps make some of them fail.
 */
export function complaintsOf(context: BrowserContext): string[] {
  const complaints: string[] = [];
  context.on('console', message => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  context.on('weberror', error => complaints.push(error.error().message));
  return complaints;
}

/** How far things have moved on the pages by themselves: https://web.dev/articles/cls */
export async function watchShifts(context: BrowserContext): Promise<void> {
  await context.addInitScript(`
    window.shifted = 0;
    new PerformanceObserver(list => list.getEntries().filter(entry => !entry.hadRecentInput).forEach(entry => window.shifted += entry.value))
      .observe({ type: 'layout-shift', buffered: true });
  `);
}

/** Up to 0.1 is good. */
export async function expectSteady(page: Page): Promise<void> {
  const shifted: number = await page.evaluate('window.shifted');
  if (shifted > 0.1) throw new Error(`Things move on ${page.url()} while it is loaded: the cumulative layout shift is ${shifted}`);
}
