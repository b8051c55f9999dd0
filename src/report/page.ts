/** The report as one page that needs nothing else: for the screen, light and dark, and for paper. Pure. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DayLevel } from '../record/level/asked.ts';
import { html, Markup } from '../status/html.ts';
import { BASE_STYLE } from '../status/style.ts';
import type { Report, ReportIncident } from './report.ts';
import {
  availabilityWords,
  durationWords,
  endWords,
  lossWords,
  minuteWords,
  monthWords,
  numberWords,
  subjectWords,
  timeWords,
} from './words.ts';

const STYLE = BASE_STYLE + readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');

/** What a browser may do with it: nothing but to apply its own style. */
export const REPORT_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'`;

export function reportPage(report: Report): string {
  const { level, service, hosts, plan } = report;
  const title = `${level.site}: service level, ${monthWords(level.month)}`;
  return `<!doctype html>\n${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${new Markup(STYLE)}</style></head>
<body><main>
<header>
<p class="service">${service?.name ?? 'Holdfast'}</p>
<h1>Service level of ${level.site}, ${monthWords(level.month)}</h1>
<p class="soft">${hosts.join(', ')} · plan ${plan} · ${soFar(report)}all times are UTC</p>
</header>
${summary(report)}
${days(level.days)}
${incidents(report.incidents)}
${badMinutes(report)}
${maintenance(report)}
${credits(report)}
${method(report)}
</main></body></html>`.text
  }\n`;
}

function soFar({ level, madeAt }: Report): string {
  const over = level.days.length > 0 && madeAt >= Date.parse(`${nextMonth(level.month)}-01T00:00:00Z`);
  return over ? '' : `so far, to ${minuteWords(level.until)} · `;
}

function nextMonth(month: string): string {
  const [year, at] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, at)).toISOString().slice(0, 7);
}

function summary({ level }: Report): Markup {
  const { figures, target, budget, credit } = level;
  const met = figures.availability === null ? null : figures.badMinutes <= (1 - target) * figures.minutes + 1e-9;
  const share = budget.minutes === 0 ? (budget.used > 0 ? 1 : 0) : Math.min(1, budget.used / budget.minutes);
  return html`<section class="summary" aria-label="Summary">
<div class="figure ${met === null ? 'calm' : met ? 'good' : 'bad'}"><h2>Availability</h2><p class="big">${availabilityWords(figures.availability)}</p>
<p>target ${availabilityWords(target)}${met === null ? '' : met ? ', met' : ', missed'}</p></div>
<div class="figure"><h2>Error budget</h2><p class="big">${numberWords(Math.max(0, budget.left), 1)} min left</p>
<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="4"/><rect class="${share < 1 ? 'used' : 'over'}" width="${numberWords(share * 100, 2)}" height="4"/></svg>
<p>${numberWords(budget.used)} of ${numberWords(budget.minutes, 1)} bad minutes used${budget.burn === null ? '' : `; burn ${numberWords(budget.burn, 2)} ×`}</p></div>
<div class="figure"><h2>Requests</h2><p class="big">${numberWords(figures.requests)}</p><p>${numberWords(figures.failed)} failed</p></div>
<div class="figure"><h2>Credit</h2><p class="big">${credit === 0 ? 'none' : `${numberWords(credit, 2)} %`}</p><p>of the monthly price</p></div>
</section>`;
}

function tone({ availability, badMinutes: bad }: DayLevel): string {
  if (availability === null) return 'none';
  if (bad === 0) return 'whole';
  return availability >= 0.999 ? 'slight' : availability >= 0.99 ? 'marked' : 'grave';
}

function days(all: readonly DayLevel[]): Markup {
  const width = 100 / Math.max(1, all.length);
  return html`<section><h2>Day by day</h2>
<svg class="days" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="One bar a day; the table below has the figures">${all.map(
    (day, at) =>
      html`<rect class="${tone(day)}" x="${(at * width).toFixed(3)}" width="${(width * 0.82).toFixed(3)}" height="10"><title>${day.day}: ${availabilityWords(day.availability)}</title></rect>`,
  )}</svg>
<table class="small"><thead><tr><th scope="col">Day</th><th scope="col">Availability</th><th scope="col">Bad minutes</th><th scope="col">Requests</th><th scope="col">Failed</th><th scope="col">Maintenance</th><th scope="col">Not measured</th></tr></thead>
<tbody>${all.map(
    (
      day,
    ) => html`<tr><th scope="row">${day.day}</th><td>${availabilityWords(day.availability)}</td><td>${day.badMinutes}</td>
<td>${numberWords(day.requests)}</td><td>${numberWords(day.failed)}</td><td>${minutes(day.excludedMinutes)}</td><td>${minutes(day.unmeasuredMinutes)}</td></tr>`,
  )}</tbody></table></section>`;
}

function minutes(count: number): string {
  return count === 0 ? '–' : `${numberWords(count)} min`;
}

function incidents(all: readonly ReportIncident[]): Markup {
  if (all.length === 0) return html`<section><h2>Incidents</h2><p>There was none.</p></section>`;
  return html`<section><h2>Incidents</h2>
<table class="small"><thead><tr><th scope="col">Began</th><th scope="col" class="text">What happened</th><th scope="col">Over after</th><th scope="col">Failed</th><th scope="col">Held</th><th scope="col">Down</th><th scope="col">RTO</th><th scope="col">RPO</th></tr></thead>
<tbody>${all.map(incidentRow)}</tbody></table></section>`;
}

function incidentRow({ subject, openedAt, closedAt, impact }: ReportIncident): Markup {
  const over = closedAt === null ? 'goes on' : durationWords(closedAt - openedAt);
  const none = '–';
  return html`<tr><th scope="row">${timeWords(openedAt)}</th><td class="text">${subjectWords(subject)}</td><td>${over}</td>
<td>${impact === null ? none : `${numberWords(impact.failed)} of ${numberWords(impact.requests)}`}</td>
<td>${impact === null ? none : impact.held === 0 ? 'none' : `${numberWords(impact.held)}, at most ${durationWords(impact.heldLongestMs)}`}</td>
<td>${impact === null ? none : `${numberWords(impact.downSeconds)} s`}</td>
<td>${impact === null || impact.rtoMs === null ? none : durationWords(impact.rtoMs)}</td>
<td>${impact === null ? none : lossWords(impact)}</td></tr>`;
}

function badMinutes({ bad }: Report): Markup {
  if (bad.length === 0) return html`<section><h2>Bad minutes</h2><p>There was none.</p></section>`;
  return html`<section><h2>Bad minutes</h2><ul class="spans">${bad.map(
    ({ from, to }) =>
      html`<li>${minuteWords(from)}${to - from === 1 ? '' : ` to ${endWords(from, to)}`} (${numberWords(to - from)} min)</li>`,
  )}</ul></section>`;
}

function maintenance({ maintenance: all, terms }: Report): Markup {
  const counts = terms.excludeMaintenance ? 'It does not count.' : 'It counts like any other time.';
  if (all.length === 0) return html`<section><h2>Announced maintenance</h2><p>There was none.</p></section>`;
  return html`<section><h2>Announced maintenance</h2><p>${counts}</p>
<table><thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col" class="text">What</th></tr></thead>
<tbody>${all.map(
    ({ title, from, to }) =>
      html`<tr><th scope="row">${timeWords(from)}</th><td>${timeWords(to)}</td><td class="text">${title}</td></tr>`,
  )}</tbody></table></section>`;
}

function credits({ terms, level }: Report): Markup | null {
  if (terms.credits.length === 0) return null;
  const rows = terms.credits.toSorted((one, other) => other.below - one.below);
  return html`<section><h2>Credits</h2>
<table><thead><tr><th scope="col">Availability of the month below</th><th scope="col">Given back</th></tr></thead>
<tbody>${rows.map(
    ({ below, percent }) =>
      html`<tr class="${percent === level.credit && level.credit > 0 ? 'applies' : 'other'}"><th scope="row">${availabilityWords(below)}</th><td>${numberWords(percent, 2)} %${percent === level.credit && level.credit > 0 ? ' (applies)' : ''}</td></tr>`,
  )}</tbody></table></section>`;
}

function method({ terms, level, service, madeAt }: Report): Markup {
  const { figures } = level;
  const share = numberWords(terms.badMinuteShare * 100, 2);
  return html`<section class="method"><h2>How this is computed</h2>
<p>Measured at the edge from visitors’ requests. A minute is bad when at least ${share} % of its requests failed; minutes with fewer than ${terms.leastRequests} requests are
judged together with their neighbours. Availability is 1 − ${numberWords(figures.badMinutes)} bad minutes ÷ ${numberWords(figures.minutes)} minutes that count${
    figures.excludedMinutes > 0
      ? `; ${numberWords(figures.excludedMinutes)} minutes of announced maintenance do not`
      : ''
  }${figures.unmeasuredMinutes > 0 ? `; in ${numberWords(figures.unmeasuredMinutes)} minutes no edge was counting` : ''}.
Every figure can be computed again from the stored minutes: GET /api/v1/sites/${level.site}/level/minutes?day=DAY has them.</p>
<p class="soft">Made ${timeWords(madeAt)} UTC.${service === null ? '' : ` Questions: ${service.contact.support}.`}</p></section>`;
}
