/** Where a site's status page is: the link to a private one is given to who may read about the site, and to nobody else. */
import { expect, test, vi } from 'vitest';
import { privateToken } from '../status/private-link.ts';
import { aService, aSpec } from '../store/fixtures.ts';
import { anApi, KEY } from './fixtures.ts';

test('public, private by its link, or none', async () => {
  const { ask, tokens, store, close } = await anApi();
  const page = async (site: string, token = tokens.viewer) => (await ask(`/sites/${site}/status-page`, { token })).body;
  expect(await page('shop')).toEqual({ site: 'shop', title: 'shop.test', visibility: 'public', url: null });
  await store.applyService(aService());
  await store.applySite(aSpec('shop', { status: { title: 'The shop', visibility: 'private', link: 3 } }), 1_000);
  await store.applySite(aSpec('blog', { status: { title: null, visibility: 'off', link: 1 } }), 1_000);
  await vi.waitFor(async () => {
    expect(await page('shop', tokens.owner)).toEqual({
      site: 'shop',
      title: 'The shop',
      visibility: 'private',
      url: `https://status.example.org/p/${privateToken(KEY, 'shop', 3)}/`,
    });
    expect(await page('blog')).toMatchObject({ visibility: 'off', url: null });
  });
  for (const site of ['blog', 'nobody']) expect(await page(site, tokens.owner)).toMatchObject({ code: 'site-unknown' });
  expect(await page('shop', 'nothing')).toMatchObject({ status: 401 });
  await close();
});
