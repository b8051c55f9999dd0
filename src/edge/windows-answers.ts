/** `GET /windows?after=…&limit=…` and `GET /windows/seconds?sites=…&from=…&to=…`: what this edge counted, for who holds the cluster's key. */
import { isAuthorised } from '../platform/authorised.ts';
import type { Clock } from '../platform/clock.ts';
import type { EdgeBook } from '../windows/edge-book.ts';
import type { Answer } from './status-server.ts';

const MOST_MINUTES = 2_000;
const MOST_SITES = 50;
const MOST_SECONDS = 20_000;

export interface WindowsOptions {
  clusterKey: string;
  book: () => EdgeBook | null;
  clock: Clock;
}

export function windowsAnswers({ clusterKey, book, clock }: WindowsOptions) {
  return (url: URL, authorization: string | undefined): Answer => {
    if (!isAuthorised(authorization, clusterKey)) return { status: 401, body: { error: 'unauthorised' } };
    const open = book();
    if (open === null) return { status: 503, body: { error: 'the file of counted requests is not open' } };
    if (url.pathname === '/windows') return minutes(open, url.searchParams);
    return url.pathname === '/windows/seconds'
      ? seconds(open, url.searchParams, clock.wall())
      : { status: 404, body: { error: 'not-found' } };
  };
}

function minutes(book: EdgeBook, asked: URLSearchParams): Answer {
  const limit = whole(asked.get('limit') ?? String(MOST_MINUTES));
  if (limit === null || limit < 1) return wrong('limit: a whole number, at least 1');
  return { status: 200, body: book.minutes(asked.get('after') ?? '', Math.min(limit, MOST_MINUTES)) };
}

function seconds(book: EdgeBook, asked: URLSearchParams, wall: number): Answer {
  const sites = (asked.get('sites') ?? '').split(',').filter((site) => site !== '');
  const [from, to] = [whole(asked.get('from')), whole(asked.get('to'))];
  if (sites.length === 0 || sites.length > MOST_SITES) return wrong(`sites: 1 to ${MOST_SITES}`);
  if (from === null || to === null || to < from) return wrong('from and to: seconds since 1970');
  const rows = book.seconds(sites, from, to, MOST_SECONDS);
  if (rows === null) return { status: 413, body: { error: `more than ${MOST_SECONDS} rows: ask for fewer` } };
  return { status: 200, body: { rows, at: wall } };
}

function wrong(error: string): Answer {
  return { status: 400, body: { error } };
}

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
}
