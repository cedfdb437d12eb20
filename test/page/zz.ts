import { chromium } from 'playwright-core';
import { runCommand } from '../support/command.ts';
import { writeFileSync, existsSync, cpSync } from 'node:fs';
const dir = '/tmp/pg/sim';
const C = JSON.stringify({ origin: 'sunny-street.example/ledger/1', currency: 'EUR', tariffs: { import: 300_000, feedIn: 80_000 }, members: ['home-01','home-02','home-03','bakery'].map((id) => ({ id, kind: 'home' })) });
if (!existsSync(dir)) {
  console.log(await runCommand(['simulate','community.json','--profiles','street','--from','2017-07-10T10:00Z','--intervals','96','--ledger',dir],{files:{'community.json':C}}));
  const st = await runCommand(['statement','--month','2017-07','--member','home-01','--json',dir]);
  writeFileSync('/tmp/pg/statement.json', st.out);
}
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu'], headless: true });
const shots = [[360,760,false],[360,760,true],[1280,900,false],[1280,900,true]] as const;
for (const [width,height,dark] of shots) {
  const ctx = await b.newContext({ viewport:{width,height}, colorScheme: dark?'dark':'light' });
  const p = await ctx.newPage();
  p.on('console', m => console.log('C', m.text())); p.on('pageerror', e => console.log('E', e.message)); p.on('request', r => console.log('R', r.url().slice(0,80)));
  await p.goto('file:///work/t-Pg/dist/page/check.html');
  const name = `/tmp/pg/${width}-${dark?'dark':'light'}`;
  await p.screenshot({ path: `${name}-0.png` });
  const t = Date.now();
  await p.setInputFiles('#folder', '/tmp/pg/sim/export');
  await p.locator('#verdict').waitFor({timeout: 60000});
  console.log(Date.now()-t, 'ms', await p.locator('#verdict').innerText());
  await p.screenshot({ path: `${name}-1.png`, fullPage: false });
  await p.locator('.card').nth(1).click();
  await p.locator('.row').first().waitFor();
  const row = p.locator('.row', { hasText: 'The auction' }).first();
  await row.click();
  await p.locator('.path').first().waitFor();
  await p.screenshot({ path: `${name}-2.png`, fullPage: true });
  await ctx.close();
}
await b.close();
