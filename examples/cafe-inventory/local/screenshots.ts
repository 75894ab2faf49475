import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { OpenCafe } from './check';
import { step } from './step';

const IMAGES = join(__dirname, '..', '..', '..', 'docs', 'images');

/** Pictures of what people see, for the documents: in the browser that Debian and most other systems install there. */
export async function takeScreenshots({ website, mailbox, mail }: OpenCafe): Promise<void> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    await picture(browser, 'website', website);
    await picture(browser, 'mail', mailbox.address);
    await picture(browser, 'report', mail.links[0].url, 1440);
  } finally {
    await browser.close();
  }
}

async function picture(browser: Browser, name: string, address: string, width = 1080): Promise<void> {
  await step(`Picture of the ${name}`, async () => {
    const page = await browser.newPage({ viewport: { width, height: width * 0.75 }, deviceScaleFactor: 1 });
    await page.goto(address, { waitUntil: 'networkidle' });
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await page.close();
  });
}
