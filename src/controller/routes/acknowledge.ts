/**
 * Somebody takes an incident by the signed link in a notice: `GET` shows a page with a button, and only the button's `POST` takes it, since
 * mail scanners follow links.
 */
import { acknowledge } from '../../api/acts/acknowledge.ts';
import { HoldfastError } from '../../errors.ts';
import { type AckClaim, readAck } from '../../notify/ack-link.ts';
import type { Clock } from '../../platform/clock.ts';
import { holding } from '../../record/updates.ts';
import type { Store } from '../../store/store.ts';
import type { Routes } from '../server.ts';

export interface AcknowledgeRoutes {
  clusterKey: string;
  clock: Clock;
  store: Pick<Store, 'incident' | 'appendToIncident'>;
}

export function acknowledgeRoutes(options: AcknowledgeRoutes): Routes {
  const { clusterKey, clock } = options;
  return (app) => {
    // The button's form sends nothing that is read.
    app.addContentTypeParser('application/x-www-form-urlencoded', (_request, _payload, done) => done(null, {}));
    // A token is longer than a named parameter may be.
    app.get<{ Params: { '*': string } }>('/acknowledge/*', async (request, reply) => {
      const claim = readAck(clusterKey, request.params['*'], clock.wall());
      if (typeof claim === 'string') return page(reply, 410, refusalWords(claim));
      return page(reply, 200, await offerWords(options, claim), claim.person);
    });
    app.post<{ Params: { '*': string } }>('/acknowledge/*', async (request, reply) => {
      const claim = readAck(clusterKey, request.params['*'], clock.wall());
      if (typeof claim === 'string') return page(reply, 410, refusalWords(claim));
      try {
        return page(reply, 200, await acknowledge(options, claim.incident, claim.person));
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        return page(reply, error.httpStatus, error.message);
      }
    });
  };
}

async function offerWords({ store }: AcknowledgeRoutes, { incident: id }: AckClaim): Promise<string> {
  const incident = await store.incident(id);
  if (incident === null) return `There is no incident ${id}.`;
  if (incident.closedAt !== null) return `The incident ${id} is over.`;
  const { holder } = holding(incident);
  const sites = `${incident.sites.slice(0, 10).join(', ')}${incident.sites.length > 10 ? ` and ${incident.sites.length - 10} more` : ''}`;
  return `${incident.subject}: ${sites}. ${holder === null ? 'Nobody has taken it yet.' : `${holder} has it.`}`;
}

function refusalWords(why: 'bad' | 'late'): string {
  return why === 'late' ? 'This link has expired. Use: holdfast ack INCIDENT --by NAME' : 'This link is not valid.';
}

interface Reply {
  code(status: number): Reply;
  headers(all: Record<string, string>): Reply;
  send(body: string): unknown;
}

/** `person`: with a button by which this person takes it. Nothing on it loads from anywhere, and nothing runs. */
function page(reply: Reply, status: number, words: string, person?: string): unknown {
  const button =
    person === undefined
      ? ''
      : `<form method="post"><button type="submit">I take it (${escaped(person)})</button></form>`;
  return reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .send(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Incident</title>
<style>:root{color-scheme:light dark}body{font:1.1rem/1.5 sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.6em 1.2em}</style></head>
<body><main><h1>Incident</h1><p>${escaped(words)}</p>${button}</main></body></html>
`);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
