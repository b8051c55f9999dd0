/** What the pages are put together from: the frame, incidents, bars, maintenance, the ways to be told. */
import { html, Markup, type Piece, paragraphs } from '../html.ts';
import type { DayBar, PageFrame, PlannedWork, Post, PublicIncident } from '../model.ts';
import { type DayTone, daysWords, dayTone, dayWords, endWords, POST_WORDS, type Tone, timeWords } from '../words.ts';

export interface Around {
  frame: PageFrame;
  /** In the window's title, before the service's name. */
  title: string;
  /** Path below the root without slashes around it. */
  path: string;
  /** It has a feed and a JSON file of its own. */
  feeds: boolean;
  isPrivate?: boolean;
  /** It says nothing that could be old. */
  ageless?: boolean;
}

/** Filled in by the edge's nginx as it serves the page: how old it is. */
const AGE = new Markup(
  `<!--# if expr="$hf_status_old = yes" --><p class="old" role="status"><strong>This page is <!--# echo var="hf_status_age" default="of unknown age" -->.</strong> Nothing has answered since then, so what you read may not hold any more.</p><!--# else --><p class="age">Checked <!--# echo var="hf_status_age" default="when it was made" --></p><!--# endif -->`,
);

export function page(around: Around, ...content: Piece[]): string {
  const { frame, title, path, feeds, isPrivate = false, ageless = false } = around;
  const base = path === '' ? '/' : `/${path}/`;
  const alternates =
    feeds &&
    html`<link rel="alternate" type="application/rss+xml" title="${title}" href="${base}feed.xml">
<link rel="alternate" type="application/json" href="${base}status.json">`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${isPrivate && html`<meta name="robots" content="noindex">`}
<title>${title === frame.service ? '' : `${title} · `}${frame.service} status</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" type="image/svg+xml" href="/icon.svg">
${alternates}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div><p class="name">${isPrivate ? html`<span>${frame.service}</span>` : html`<a href="/">${frame.service}</a>`}</p>
${ageless ? null : AGE}</div></header>
<main id="main">
${content}
</main>
<footer><div>
<p>Times: ${frame.timeZone}. Days: UTC.</p>
<p>${isPrivate ? null : html`<a href="/history/">All incidents</a>`} ${feeds && html`<a href="${base}feed.xml">RSS</a> <a href="${base}status.json">JSON</a>`} ${contact(frame)}</p>
</div></footer>
</body>
</html>
`.text;
}

function contact({ support }: PageFrame): Piece {
  if (support === null) return null;
  if (support.startsWith('https://')) return html`<a href="${support}">Support</a>`;
  const scheme = support.startsWith('+') ? `tel:${support.replaceAll(' ', '')}` : `mailto:${support}`;
  return html`<a href="${scheme}">${support}</a>`;
}

const SHAPES: Record<Tone, string> = {
  good: '<circle cx="12" cy="12" r="11"/><path d="m7 12.5 3.5 3.5 6.5-7.5"/>',
  care: '<path class="solid" d="M12 1.5 23.5 22H.5z"/><path d="M12 9v6m0 3v.5"/>',
  bad: '<rect class="solid" x="1" y="1" width="22" height="22" rx="5"/><path d="m7.5 7.5 9 9m0-9-9 9"/>',
  calm: '<circle cx="12" cy="12" r="11"/><path d="M7 12h10"/>',
};

/** A shape of its own for each tone, since not everybody sees colours. Words stand beside it. */
export function mark(tone: Tone): Markup {
  return new Markup(`<svg class="mark ${tone}" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[tone]}</svg>`);
}

export function banner(tone: Tone, heading: string, more: Piece = null): Markup {
  return html`<div class="banner ${tone}">${mark(tone)}<div><h1>${heading}</h1>${more}</div></div>`;
}

export function time(at: number, timeZone: string, words = timeWords(at, timeZone)): Markup {
  return html`<time datetime="${new Date(at).toISOString()}">${words}</time>`;
}

export function incidentArticle(incident: PublicIncident, { timeZone }: PageFrame): Markup {
  const { id, title, openedAt, closedAt, sites, more, posts, state } = incident;
  const end = closedAt === null ? null : html` – ${time(closedAt, timeZone, endWords(openedAt, closedAt, timeZone))}`;
  const tag = closedAt === null ? (state === null ? 'Open' : POST_WORDS[state]) : 'Resolved';
  return html`<article class="incident ${closedAt === null ? 'open' : 'over'}" id="${id}">
<h3>${title}</h3>
<p class="meta"><span class="tag">${tag}</span> ${time(openedAt, timeZone)}${end}</p>
${sites.length > 0 && html`<p class="concerned">${sites.join(', ')}${more > 0 && ` and ${more} more`}</p>`}
<ol class="posts">${posts.toReversed().map((each) => postItem(each, timeZone))}</ol>
</article>`;
}

function postItem({ at, state, text }: Post, timeZone: string): Markup {
  return html`<li><p class="meta"><strong>${POST_WORDS[state]}</strong> ${time(at, timeZone)}</p>${paragraphs(text)}</li>`;
}

export function workSection(work: readonly PlannedWork[], { timeZone }: PageFrame): Piece {
  if (work.length === 0) return null;
  return html`<section aria-labelledby="work"><h2 id="work">Maintenance</h2>
<ul class="work">${work.map(({ title, from, to, now, sites }) => {
    const period = html`${time(from, timeZone)} – ${time(to, timeZone, endWords(from, to, timeZone))}`;
    const concerned = sites.length > 0 && html`<p class="concerned">${sites.join(', ')}</p>`;
    return html`<li><h3>${title}</h3><p class="meta"><span class="tag">${now ? 'Now' : 'Planned'}</span> ${period}</p>${concerned}</li>`;
  })}</ul></section>`;
}

const HEIGHTS: Record<DayTone, number> = { none: 6, whole: 24, slight: 27, marked: 30, grave: 34 };
const PITCH = 6;
const WIDTH = 4;
const HEIGHT = 34;

/** `each`: every day says its figures when it is pointed at; for pages of one site. */
export function bars(days: readonly DayBar[], each: boolean): Markup {
  const label = daysWords(days);
  const view = `0 0 ${Math.max(1, days.length) * PITCH - (PITCH - WIDTH)} ${HEIGHT}`;
  const open = html`<svg class="days" viewBox="${view}" preserveAspectRatio="none" role="img" aria-label="${label}">`;
  if (each) return html`${open}${days.map((day, at) => dayRect(day, at))}</svg>`;
  const paths = new Map<DayTone, string>();
  days.forEach((day, at) => {
    const tone = dayTone(day);
    const height = HEIGHTS[tone];
    paths.set(tone, `${paths.get(tone) ?? ''}M${at * PITCH} ${HEIGHT - height}h4v${height}h-4z`);
  });
  return html`${open}${[...paths].map(([tone, path]) => html`<path class="${tone}" d="${path}"/>`)}</svg>`;
}

function dayRect(day: DayBar, at: number): Markup {
  const tone = dayTone(day);
  const height = HEIGHTS[tone];
  return html`<rect class="${tone}" x="${at * PITCH}" y="${HEIGHT - height}" width="${WIDTH}" height="${height}"><title>${dayWords(day)}</title></rect>`;
}

/** `about`: path of the page that the news are of. */
export function subscribeSection({ subscribe }: PageFrame, about: string, what: string): Piece {
  if (subscribe.length === 0) return null;
  const email = html`<form method="post" action="/subscribe"><input type="hidden" name="about" value="${about}"><input type="hidden" name="channel" value="email">
<label for="email">By e-mail</label><div class="row"><input id="email" name="to" type="email" autocomplete="email" required maxlength="254" placeholder="you@example.org"><button type="submit">Subscribe</button></div></form>`;
  const webhook = html`<form method="post" action="/subscribe"><input type="hidden" name="about" value="${about}"><input type="hidden" name="channel" value="webhook">
<label for="webhook">By webhook</label><div class="row"><input id="webhook" name="to" type="url" inputmode="url" required maxlength="500" placeholder="https://…"><button type="submit">Subscribe</button></div></form>`;
  return html`<section class="subscribe" aria-labelledby="subscribe"><h2 id="subscribe">Be told</h2>
<p>Of incidents and what is written about them${what}. You are asked to confirm it first; every message has a link that ends it.</p>
<div class="forms">${subscribe.includes('email') && email}${subscribe.includes('webhook') && webhook}</div></section>`;
}
