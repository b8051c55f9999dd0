/** The page for programs: RSS 2.0 and JSON. */
import { escaped } from './html.ts';
import type { HistoryPage, OverallPage, PageFrame, PublicIncident, SitePage } from './model.ts';
import { headlineOf, POST_WORDS, SITE_WORDS } from './words.ts';

const MOST_ITEMS = 30;

/** One item for each thing that was said, newest first; its guid stays the same. */
export function rssOf(model: PageFrame & { incidents: PublicIncident[]; title?: string }, path: string): string {
  const root = model.url ?? '';
  const address = (to: string) => `${root}/${to}`;
  const own = address(path === '' ? '' : `${path}/`);
  const title = model.title === undefined ? `${model.service} status` : `${model.title}: status`;
  const place = (id: string) => (path === '' ? `${address('history/')}#${encodeURI(id)}` : `${own}#${encodeURI(id)}`);
  const items = model.incidents
    .flatMap((incident) => incident.posts.map((post) => ({ incident, post })))
    .toSorted((one, other) => other.post.at - one.post.at)
    .slice(0, MOST_ITEMS)
    .map(
      ({ incident, post }) => `<item>
<title>${escaped(`${POST_WORDS[post.state]}: ${incident.title}`)}</title>
<link>${escaped(place(incident.id))}</link>
<guid isPermaLink="false">${escaped(`${incident.id}/${post.key}`)}</guid>
<pubDate>${new Date(post.at).toUTCString()}</pubDate>
<description>${escaped(post.text)}</description>
</item>`,
    );
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>${escaped(title)}</title>
<link>${escaped(own)}</link>
<atom:link href="${escaped(`${own}feed.xml`)}" rel="self" type="application/rss+xml"/>
<description>${escaped(`Incidents and what is written about them: ${title}`)}</description>
<language>en</language>
<ttl>1</ttl>
${items.join('\n')}
</channel>
</rss>
`;
}

export function overallJson(model: OverallPage): string {
  const { tone, text } = headlineOf(model);
  return jsonOf({
    service: model.service,
    status: tone,
    headline: text,
    counts: model.counts,
    sitesTotal: model.sitesTotal,
    sites: model.sites.map(({ path, title, condition }) => ({ path, title, condition })),
    zones: model.zones,
    incidents: model.incidents.map(toJson),
    maintenance: model.work.map(({ now, ...work }) => ({ ...work, from: iso(work.from), to: iso(work.to), now })),
  });
}

export function siteJson(model: SitePage): string {
  const { service, site, title, host, condition, days, incidents, work } = model;
  return jsonOf({
    service,
    site,
    title,
    host,
    condition,
    words: SITE_WORDS[condition],
    days,
    incidents: incidents.map(toJson),
    maintenance: work.map(({ now, ...each }) => ({ ...each, from: iso(each.from), to: iso(each.to), now })),
  });
}

export function historyJson(model: HistoryPage): string {
  return jsonOf({ service: model.service, incidents: model.incidents.map(toJson) });
}

function toJson({ openedAt, closedAt, posts, ...rest }: PublicIncident) {
  return {
    ...rest,
    openedAt: iso(openedAt),
    closedAt: closedAt === null ? null : iso(closedAt),
    posts: posts.map(({ key, at, state, text }) => ({ key, at: iso(at), state, text })),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Without a `<` in it: nginx looks through what it serves for its own instructions, and the first field is one of them. */
function jsonOf(content: object): string {
  const rest = JSON.stringify(content, null, 1).replaceAll('<', '\\u003c');
  return `{\n "checkedAgoSeconds": <!--# echo var="hf_status_seconds" default="null" -->,${rest.slice(1)}\n`;
}
