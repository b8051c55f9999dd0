/** The API as the console's tests need it: answers of a made-up world, which a test may change while the console looks at it. */
import type { ServerResponse } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { consoleRoutes } from '../../../src/controller/routes/console.ts';
import type { Incident, IncidentUpdate, SiteStatus } from '../../../src/model/index.ts';
import { holding, stateOf, updateEntry } from '../../../src/record/updates.ts';
import { type FakeWorld, T0 } from './world.ts';

export interface FakeApi {
  url: string;
  world: FakeWorld;
  /** Tells those who follow. */
  tell(event: string, data: unknown): void;
  /** Cuts off those who follow. */
  drop(): void;
  /** Every request is answered like this while it is set. */
  broken: { status: number; body: unknown } | null;
  /** Of who is signed in. */
  role: 'viewer' | 'owner' | 'operator' | 'admin';
  /** Nobody is signed in. */
  signedOut: boolean;
  /** What was asked for with POST or DELETE. */
  asked: { method: string; path: string; body: unknown }[];
  close(): Promise<void>;
}

const TOKEN = `hft_${'x'.repeat(43)}`;

export async function startFakeApi(world: FakeWorld, port = 0): Promise<FakeApi> {
  const app = fastify({ forceCloseConnections: true });
  const followers = new Set<ServerResponse>();
  const began = Date.now();
  const api: FakeApi = {
    url: '',
    world,
    broken: null,
    role: 'admin',
    signedOut: false,
    asked: [],
    tell: (event, data) => {
      for (const each of followers) each.write(`event: ${event}\nid: 1\ndata: ${JSON.stringify(data)}\n\n`);
    },
    drop: () => {
      for (const each of followers) each.destroy();
    },
    close: async () => {
      api.drop();
      await app.close();
    },
  };
  const now = (): number => api.world.now + Date.now() - began;
  const unknown = { status: 404, code: 'site-unknown', detail: 'There is no such site.', fix: 'Check its name.' };
  const me = () => ({
    name: 'Anna',
    role: api.role,
    sites: [],
    via: 'session',
    expiresAt: null,
    csrf: 'mark',
    controller: 'b',
    practice: true,
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return;
    if (api.broken !== null) await reply.code(api.broken.status).send(api.broken.body);
    else if (api.signedOut && !request.url.endsWith('/session')) {
      await reply.code(401).send({ status: 401, code: 'not-signed-in', detail: 'Nobody is signed in.', fix: '' });
    }
  });
  app.addHook('preHandler', async ({ method, url, body }) => {
    if (method !== 'GET') api.asked.push({ method, path: url.replace('/api/v1', ''), body: body ?? null });
  });
  app.get('/api/v1/me', me);
  app.post<{ Body: { token: string } }>('/api/v1/session', ({ body }, reply) => {
    if (body.token !== TOKEN)
      return reply.code(401).send({ status: 401, code: 'not-signed-in', detail: 'No.', fix: '' });
    api.signedOut = false;
    return me();
  });
  app.delete('/api/v1/session', (_, reply) => {
    api.signedOut = true;
    return reply.code(204).send();
  });
  app.get('/api/v1/zones', () => ({ controller: 'b', storeFresh: api.world.storeFresh, zones: api.world.zones }));
  app.get<{ Querystring: Record<string, string> }>('/api/v1/sites', ({ query }) => find(api.world.sites, query));
  app.get<{ Params: { site: string } }>('/api/v1/sites/:site', ({ params }, reply) => {
    return api.world.sites.find(({ site }) => site === params.site) ?? reply.code(404).send(unknown);
  });
  app.get('/api/v1/sites/:site/drills', () => ({ drill: api.world.drill, results: api.world.results }));
  app.get('/api/v1/sites/:site/level', () => api.world.level);
  app.get<{ Params: { site: string } }>('/api/v1/sites/:site/traffic', ({ params }) => {
    return { site: params.site, seconds: api.world.traffic };
  });
  addRecords(app);
  addChanges(app, api);
  app.get<{ Querystring: Record<string, string> }>('/api/v1/incidents', ({ query }) => ({
    incidents: api.world.incidents
      .filter(({ closedAt }) => query.open === undefined || (query.open === 'true') === (closedAt === null))
      .map(toOutline),
    next: null,
  }));
  app.get<{ Params: { id: string } }>('/api/v1/incidents/:id', ({ params }, reply) => {
    const found = api.world.incidents.find(({ id }) => id === params.id);
    if (found === undefined) return reply.code(404).send(unknown);
    return { ...toOutline(found), entries: found.entries, leftOut: 0, impact: null, impacts: [] };
  });
  app.get('/api/v1/events', (_, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'text/event-stream' });
    raw.write(`event: hello\nid: 1\ndata: ${JSON.stringify({ controller: 'b', at: now(), missed: true })}\n\n`);
    followers.add(raw);
    raw.on('close', () => followers.delete(raw));
  });
  consoleRoutes()(app);
  api.url = await app.listen({ host: '127.0.0.1', port });
  return api;
}

function find(all: SiteStatus[], { search = '', state = 'all', cursor = '', limit = '50' }: Record<string, string>) {
  const found = all.filter(({ site, hosts }) => [site, ...hosts].some((text) => text.includes(search)));
  const is = {
    all: () => true,
    protected: (site: SiteStatus) => site.protected,
    exposed: (site: SiteStatus) => !site.protected,
    'in-trouble': (site: SiteStatus) => site.incident !== null,
    moving: (site: SiteStatus) => site.order !== null,
  };
  const counts = Object.fromEntries(Object.entries(is).map(([name, test]) => [name, found.filter(test).length]));
  const wanted = found.filter(is[state as keyof typeof is]).filter(({ site }) => site > cursor);
  const sites = wanted.slice(0, Number(limit));
  return { sites, next: wanted.length > sites.length ? (sites.at(-1)?.site ?? null) : null, counts };
}

export function toOutline({ entries, ...rest }: Incident) {
  return {
    ...rest,
    holder: holding({ entries }).holder,
    state: stateOf({ entries, closedAt: rest.closedAt }),
    headline: entries.at(-1)?.sentence ?? '',
    entries: entries.length,
  };
}

const TOKENS = [
  {
    id: '3f9a2c1e88d0b7a4',
    kind: 'token',
    name: 'Deploy robot',
    role: 'owner',
    sites: ['shop'],
    createdAt: T0 - 30 * 86_400_000,
    createdBy: 'Anna',
    expiresAt: T0 + 60 * 86_400_000,
    lastUsedAt: T0,
  },
  {
    id: 'a1b2c3d4e5f60718',
    kind: 'session',
    name: 'Anna',
    role: 'admin',
    sites: [],
    createdAt: T0,
    createdBy: 'Anna',
    expiresAt: T0 + 43_200_000,
    lastUsedAt: null,
  },
];
const AUDIT = {
  id: '1',
  at: T0,
  who: 'Anna',
  role: 'admin',
  via: 'session',
  what: 'move',
  target: 'shop',
  why: 'kernel update',
  outcome: 'done',
  sentence: 'Anna wants shop to move from zone a to zone b.',
};
const NOTICE = {
  id: 'n1',
  person: 'Bert',
  address: { channel: 'email', to: 'bert@shop.example' },
  createdAt: T0,
  attempts: 9,
  lastTrouble: '550 no such user',
  state: 'dead',
  sentAt: null,
  subject: 'shop was moved to zone b',
};
const SUBSCRIBER = {
  id: `${'a'.repeat(20)}~${'1'.repeat(20)}`,
  channel: 'email',
  to: 'anna@example.org',
  site: null as string | null,
  link: null as number | null,
  askedAt: T0,
  confirmedAt: T0 as number | null,
};

function addRecords(app: FastifyInstance): void {
  app.get('/api/v1/tokens', () => ({ tokens: TOKENS, next: null }));
  app.post('/api/v1/tokens', () => ({ sentence: 'Cleo has access as viewer for 90 days.', secret: TOKEN }));
  app.delete('/api/v1/tokens/:token', () => ({ sentence: 'The token opens nothing any more.' }));
  app.get<{ Querystring: { cursor?: string } }>('/api/v1/audit', ({ query }) =>
    query.cursor === undefined
      ? { entries: [{ ...AUDIT, id: '2', outcome: 'order-refused', sentence: 'shop stays.' }, AUDIT], next: '1' }
      : { entries: [{ ...AUDIT, id: '0', what: 'give-access', target: 'tokens' }], next: null },
  );
  app.get('/api/v1/notices', () => ({
    notices: [NOTICE, { ...NOTICE, id: 'n2', state: 'sent', sentAt: T0, attempts: 1, lastTrouble: null }],
  }));
  app.get('/api/v1/subscribers', () => ({
    subscribers: [
      SUBSCRIBER,
      { ...SUBSCRIBER, id: `${'a'.repeat(20)}~${'2'.repeat(20)}`, site: 'shop', link: 2, confirmedAt: null },
    ],
    next: null,
  }));
  app.delete('/api/v1/subscribers/:subscriber', () => ({ sentence: 'a…@example.org is told nothing more of shop.' }));
  app.post('/api/v1/notices/:notice/retry', () => ({ sentence: 'It is tried again.' }));
}

const MOVE = {
  would: true,
  sentence: 'Anna wants shop to move from zone a to zone b.',
  refusal: null as string | null,
  evidence: [] as { observer: string; saw: string }[],
  steps: [
    'The edges hold the site’s visitors, and what is open in zone a ends by itself, at most 10 s.',
    'Zone b, which has every acknowledged write, takes over, and the visitors are let go there.',
  ],
  risks: ['3 requests are under way now; what is still open after 10 s is ended.'],
};
const REFUSED = {
  ...MOVE,
  would: false,
  sentence: 'shop stays: zone c has no room for it, 1.2 GB are free and 2.0 GB are needed.',
  refusal: 'no-room',
  evidence: [{ observer: 'agent:c', saw: '1.2 GB free' }],
  risks: [],
};
const LOSS = { ...MOVE, risks: ['4 acknowledged writes of the last 3 s would be given up; they are kept and listed.'] };
const EVACUATION = {
  sentence: 'Anna takes every site out of zone a: 12 live there.',
  sites: ['atlas-00002', 'bakery-00001', 'shop'],
  refused: [
    { site: 'atlas-00002', code: 'standby-not-in-sync', sentence: 'atlas-00002 stays: its standby is not in sync.' },
  ],
};

/** What would happen, and the changes themselves, which change nothing here but are remembered in `asked`. */
function addChanges(app: FastifyInstance, api: FakeApi): void {
  app.get<{ Querystring: { to: string; kind?: string } }>('/api/v1/sites/:site/move/preview', ({ query }) =>
    query.kind === 'accept-loss' ? LOSS : query.to === 'c' ? REFUSED : MOVE,
  );
  app.get('/api/v1/sites/:site/drill/preview', () => ({
    ...MOVE,
    sentence: 'Anna begins a drill of shop.',
    risks: [],
  }));
  app.get('/api/v1/zones/:zone/evacuate/preview', () => EVACUATION);
  app.get('/api/v1/zones/:zone/return/preview', () => ({ ...EVACUATION, refused: [] }));
  const done = { sentence: 'It was asked for.', record: api.world.incidents[0]?.id ?? null };
  for (const path of ['/sites/:site/move', '/sites/:site/drill', '/sites/:site/approve']) {
    app.post(`/api/v1${path}`, () => done);
    app.delete(`/api/v1${path}`, () => done);
  }
  app.post('/api/v1/zones/:zone/practice', () => done);
  for (const path of ['evacuate', 'return']) app.post(`/api/v1/zones/:zone/${path}`, () => EVACUATION);
  app.post<{ Params: { id: string } }>('/api/v1/incidents/:id/acknowledge', ({ params }) => {
    const incident = api.world.incidents.find(({ id }) => id === params.id)!;
    incident.entries = incident.entries.concat({
      at: T0 + 2_000,
      kind: 'note',
      by: 'person:Anna',
      site: null,
      code: 'acknowledged',
      sentence: 'Anna has taken the incident.',
      evidence: [],
    });
    return { sentence: 'Anna has taken the incident.' };
  });
  app.post<{ Params: { id: string }; Body: Omit<IncidentUpdate, 'at' | 'by'> }>(
    '/api/v1/incidents/:id/updates',
    ({ params, body }) => {
      const incident = api.world.incidents.find(({ id }) => id === params.id)!;
      incident.entries = incident.entries.concat(updateEntry({ ...body, at: T0 + 3_000, by: 'Anna' }));
      return { sentence: `Anna marks the incident as ${body.state}.` };
    },
  );
}
