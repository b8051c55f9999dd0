/** All incidents of the last 90 days, and all sites where there are too many for the overall page. */
import { html } from '../html.ts';
import type { HistoryPage, ListPage } from '../model.ts';
import { SITE_TONES, SITE_WORDS } from '../words.ts';
import { incidentArticle, mark, page } from './parts.ts';

export function historyPage(model: HistoryPage): string {
  const { incidents } = model;
  const list =
    incidents.length === 0
      ? html`<p class="quiet">None.</p>`
      : html`<section aria-label="Incidents">${incidents.map((each) => incidentArticle(each, model))}</section>`;
  return page(
    { frame: model, title: 'Incidents', path: 'history', feeds: false },
    html`<h1>Incidents of the last 90 days</h1><h2 class="hidden">Newest first</h2>`,
    list,
  );
}

export function listPage(model: ListPage): string {
  const { sites, page: number, pages } = model;
  const links = Array.from({ length: pages }, (_, at) => at + 1).map((at) =>
    at === number ? html`<strong aria-current="page">${at}</strong>` : html`<a href="${listPath(at)}">${at}</a>`,
  );
  return page(
    { frame: model, title: 'All sites', path: number === 1 ? 'all' : `all/${number}`, feeds: false },
    html`<h1>All sites</h1>`,
    html`<ul class="all">${sites.map(
      ({ path, title, condition }) =>
        html`<li><a href="/${path}/">${title}</a><span class="condition">${mark(SITE_TONES[condition])}${SITE_WORDS[condition]}</span></li>`,
    )}</ul>`,
    pages > 1 && html`<nav class="pages" aria-label="Pages">${links}</nav>`,
  );
}

function listPath(page: number): string {
  return page === 1 ? '/all/' : `/all/${page}/`;
}
