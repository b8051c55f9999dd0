/** The edge's control listener: is it there (`/health`), where does it send whom (`/status`), and what visitors' requests came to (`/windows`). */
import http from 'node:http';
import type { EdgeId, RouteReport, SiteId, ZoneId } from '../model/index.ts';
import type { RouteRow } from './route-row.ts';

export interface EdgeStatus {
  edge: EdgeId;
  /** The store confirmed the routes lately. */
  storeFresh: boolean;
  /** How this process found nginx. */
  nginx: 'adopted' | 'reloaded' | 'started';
  /** Zones that get no writes because they answer neither probes nor requests. */
  quietZones: ZoneId[];
  routes: (RouteRow & { heldNow: number; heldLongestMs: number })[];
}

export interface StatusSources {
  edge: EdgeId;
  storeFresh: () => boolean;
  nginx: EdgeStatus['nginx'];
  quietZones: () => ZoneId[];
  rows: () => ReadonlyMap<SiteId, RouteRow>;
  reports: () => RouteReport[];
  /** What a path below `/windows` answers to; see `windows-answers.ts`. */
  windows: (url: URL, authorization: string | undefined) => Answer;
}

export interface Answer {
  status: number;
  body: unknown;
}

const NOT_FOUND: Answer = { status: 404, body: { error: 'not-found' } };

/** Rejects when the address is taken. */
export async function startStatusServer(listen: string, sources: StatusSources): Promise<{ close(): Promise<void> }> {
  const answers: Record<string, () => unknown> = {
    '/health': () => ({ program: 'edge', edge: sources.edge }),
    '/status': () => toStatus(sources),
  };
  const answerTo = ({ method, url = '', headers }: http.IncomingMessage): Answer => {
    if (method !== 'GET') return NOT_FOUND;
    const answer = answers[url];
    if (answer !== undefined) return { status: 200, body: answer() };
    const parsed = URL.parse(url, 'http://edge');
    if (parsed === null || !/^\/windows(?:\/|$)/.test(parsed.pathname)) return NOT_FOUND;
    return sources.windows(parsed, headers.authorization);
  };
  const server = http.createServer((request, response) => {
    const { status, body } = answerTo(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  });
  const colon = listen.lastIndexOf(':');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(listen.slice(colon + 1)), listen.slice(0, colon).replace(/^\[|\]$/g, ''), resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function toStatus(sources: StatusSources): EdgeStatus {
  const reports = new Map(sources.reports().map((report) => [report.site, report]));
  return {
    edge: sources.edge,
    storeFresh: sources.storeFresh(),
    nginx: sources.nginx,
    quietZones: sources.quietZones(),
    routes: [...sources.rows().values()].map((row) => ({
      ...row,
      heldNow: reports.get(row.site)?.heldNow ?? 0,
      heldLongestMs: reports.get(row.site)?.heldLongestMs ?? 0,
    })),
  };
}
