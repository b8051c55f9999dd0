/** The page of one site. */
import { html, type Piece } from '../html.ts';
import type { SitePage } from '../model.ts';
import { dayWords, meanOf, percent, SITE_TONES, SITE_WORDS } from '../words.ts';
import { banner, bars, incidentArticle, page, subscribeSection, workSection } from './parts.ts';

export function sitePage(model: SitePage): string {
  const { title, host, path, condition, incidents, isPrivate, work } = model;
  const open = incidents.filter(({ closedAt }) => closedAt === null);
  const past = incidents.filter(({ closedAt }) => closedAt !== null);
  const address = title === host ? null : html`<p>${host}</p>`;
  return page(
    { frame: model, title, path, feeds: true, isPrivate },
    banner(SITE_TONES[condition], `${title}: ${lower(SITE_WORDS[condition])}`, address),
    open.length > 0 &&
      html`<section aria-labelledby="now"><h2 id="now">Now</h2>${open.map((each) => incidentArticle(each, model))}</section>`,
    workSection(work, model),
    daysSection(model),
    html`<section aria-labelledby="past"><h2 id="past">Past incidents</h2>
${past.length === 0 ? html`<p class="quiet">None in the last 90 days.</p>` : past.map((each) => incidentArticle(each, model))}</section>`,
    subscribeSection(model, path, ` on ${title}`),
  );
}

function lower(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

function daysSection({ days }: SitePage): Piece {
  const mean = meanOf(days);
  const worse = days.filter(({ availability }) => availability !== null && availability < 1).toReversed();
  const figures =
    mean === null
      ? html`<p class="quiet">Not measured yet.</p>`
      : html`${bars(days, true)}<p class="scale"><span>90 days ago</span><span>${percent(mean)} on average</span><span>Today</span></p>
<p class="key"><span><i class="whole"></i>100 %</span><span><i class="slight"></i>from 99.9 %</span><span><i class="marked"></i>from 99 %</span><span><i class="grave"></i>below</span><span><i class="none"></i>not measured</span></p>
${
  worse.length === 0
    ? html`<p class="quiet">No day was disrupted.</p>`
    : html`<details><summary>${worse.length === 1 ? 'One day was' : `${worse.length} days were`} disrupted</summary><ul>${worse.map((day) => html`<li>${dayWords(day)}</li>`)}</ul></details>`
}`;
  return html`<section aria-labelledby="days"><h2 id="days">The last 90 days</h2>${figures}</section>`;
}
