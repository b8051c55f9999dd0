/** The overall page. */
import { html, type Piece, paragraphs } from '../html.ts';
import type { OverallPage, SitePart } from '../model.ts';
import { count, headlineOf, meanOf, percent, SITE_TONES, SITE_WORDS, ZONE_TONES, ZONE_WORDS } from '../words.ts';
import { banner, bars, incidentArticle, mark, page, subscribeSection, workSection } from './parts.ts';

/** Of those that are over; the others stand on the page of all incidents. */
const MOST_PAST = 5;

export function overallPage(model: OverallPage): string {
  const { incidents, work, intro, service } = model;
  const { tone, text } = headlineOf(model);
  const open = incidents.filter(({ closedAt }) => closedAt === null);
  const past = incidents.filter(({ closedAt }) => closedAt !== null).slice(0, MOST_PAST);
  return page(
    { frame: model, title: service, path: '', feeds: true },
    banner(tone, text),
    intro !== null && html`<div class="intro">${paragraphs(intro)}</div>`,
    open.length > 0 &&
      html`<section aria-labelledby="now"><h2 id="now">Now</h2>${open.map((each) => incidentArticle(each, model))}</section>`,
    workSection(work, model),
    zonesSection(model),
    sitesSection(model),
    html`<section aria-labelledby="past"><h2 id="past">Past incidents</h2>
${past.length === 0 ? html`<p class="quiet">None in the last 90 days.</p>` : past.map((each) => incidentArticle(each, model))}
${past.length > 0 && html`<p><a href="/history/">All incidents of the last 90 days</a></p>`}</section>`,
    subscribeSection(model, '', ''),
  );
}

function zonesSection({ zones }: OverallPage): Piece {
  if (zones === null || zones.length === 0) return null;
  return html`<section aria-labelledby="zones"><h2 id="zones">Zones</h2><ul class="parts">
${zones.map(
  ({ zone, condition }) =>
    html`<li><div class="part"><h3>Zone ${zone}</h3><p class="condition">${mark(ZONE_TONES[condition])}${ZONE_WORDS[condition]}</p></div></li>`,
)}</ul></section>`;
}

function sitesSection({ sites, sitesTotal, zones }: OverallPage): Piece {
  if (sitesTotal === 0 || (zones !== null && sites.length === 0)) return null;
  const all = sites.length === sitesTotal;
  const rest = !all && html`<p><a href="/all/">All ${count(sitesTotal)} sites</a></p>`;
  const list = sites.length > 0 && html`<ul class="parts">${sites.map(sitePart)}</ul>`;
  const heading = all || sites.length === 0 ? 'Sites' : 'Sites that something is the matter with';
  return html`<section aria-labelledby="sites"><h2 id="sites">${heading}</h2>${list}${rest}</section>`;
}

function sitePart({ path, title, condition, days }: SitePart): Piece {
  const mean = meanOf(days);
  const figures =
    mean === null
      ? html`<p class="quiet measured">The last 90 days: not measured yet</p>`
      : html`${bars(days, false)}<p class="scale"><span>90 days ago</span><span>${percent(mean)}</span><span>Today</span></p>`;
  return html`<li><div class="part"><h3><a href="/${path}/">${title}</a></h3><p class="condition">${mark(SITE_TONES[condition])}${SITE_WORDS[condition]}</p></div>${figures}</li>`;
}
