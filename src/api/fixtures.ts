/** An API over the store in memory, asked without a network, with one token of each role. */
import fastify, { type InjectOptions } from 'fastify';
import type { AccessRole, Placement, SiteRecord, SiteStatus, ZoneStatus } from '../model/index.ts';
import { isProtected, phaseOf } from '../model/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import type { Levels } from '../record/level/asked.ts';
import { sumLevels } from '../record/level/level.ts';
import { aToken } from '../store/access-contract.ts';
import { aSpec } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { openView } from '../store/view.ts';
import { type Api, createApi } from './mount.ts';
import type { ApiOptions } from './parts.ts';
import { hashOf, idOf, tokenOf } from './secrets.ts';

export const KEY = 'the cluster key of this test, long enough';
export const BASE = '/api/v1';
const HOUR_MS = 3_600_000;

export interface Asking {
  method?: 'GET' | 'POST' | 'DELETE';
  token?: string;
  cookie?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Address that it comes from. */
  from?: string;
}

/** Service levels of sites that nobody has asked for yet. */
export const NOBODY_CAME: Levels = {
  month: async (site, month) => {
    const { bad, ...figures } = sumLevels([]);
    const budget = { minutes: 21.6, used: 0, left: 21.6, burn: null };
    return { site, month, target: 0.9995, until: 29_000_000, figures, budget, credit: 0, bad, days: [] };
  },
  days: async (_, count) => Array.from({ length: count }, () => ({ day: '2026-11-29', ...sumLevels([]) })),
  rows: () => [],
  until: () => 29_000_000,
  failingSites: () => [],
  since: () => null,
};

/** An API's routes, asked without a network. */
export async function mounted(api: Api) {
  const app = fastify();
  api.routes(app);
  await app.ready();
  const ask = async (path: string, { method = 'GET', token, cookie, headers = {}, body, from }: Asking = {}) => {
    const options: InjectOptions = {
      method,
      url: path.startsWith('/sign-in/') ? path : BASE + path,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(cookie === undefined ? {} : { cookie }),
        ...headers,
      },
      ...(from === undefined ? {} : { remoteAddress: from }),
      ...(body === undefined ? {} : { payload: body as object }),
    };
    const answer = await app.inject(options);
    const json = String(answer.headers['content-type']).includes('json');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      body: json ? answer.json() : null,
    };
  };
  return { app, ask };
}

/** For tests that give the placements themselves: nothing changes unless they change it. */
export function anApiOver(options: Pick<ApiOptions, 'clock' | 'store' | 'state'> & Partial<ApiOptions>) {
  return mounted(
    createApi({
      zone: 'a',
      clusterKey: KEY,
      log: createLog('controller', {}, 'silent'),
      zones: () => ['a', 'b', 'c'].map(aZone),
      sitesOf: (names) => names.flatMap((name) => statusOf(options.state, name) ?? []),
      look: () => null,
      findings: () => [],
      naming: newIncidentId,
      tell: async () => {},
      observations: { full: () => true, follow: async () => {}, kept: () => null },
      practice: null,
      levels: NOBODY_CAME,
      impactsOf: () => [],
      burning: () => null,
      ...options,
    }),
  );
}

/** A state that is what these maps hold. */
export function stateOf(
  sites: ReadonlyMap<string, SiteRecord>,
  placements: ReadonlyMap<string, Placement>,
): ApiOptions['state'] {
  return { sites, placements, service: null, fresh: true, onChange: () => () => {} };
}

/** Sites `shop` and `blog`; the owner's is `shop`. */
export async function anApi(more: Partial<ApiOptions> = {}, sites = ['shop', 'blog']) {
  const clock = more.clock ?? systemClock;
  const log = createLog('controller', {}, 'silent');
  const cluster = new MemoryCluster();
  const store = openMemoryStore(cluster, { clock });
  const aside = openMemoryStore(cluster, { clock });
  for (const site of sites) await store.applySite(aSpec(site), 1_000);
  const view = openView({ store, clock, log, cacheFile: null });
  await view.whenFresh(2_000);
  const tokens = {} as Record<AccessRole | 'expired', string>;
  for (const [index, role] of (['viewer', 'owner', 'operator', 'admin', 'expired'] as const).entries()) {
    const secret = tokenOf(Buffer.alloc(32, index + 1));
    const access = role === 'expired' ? { role: 'admin' as const, expiresAt: clock.wall() - 1 } : { role };
    await aside.addToken(
      aToken(idOf(hashOf(secret)), {
        hash: hashOf(secret),
        name: `the ${role}`,
        sites: role === 'owner' ? ['shop'] : [],
        expiresAt: clock.wall() + HOUR_MS,
        ...access,
      }),
    );
    tokens[role] = secret;
  }
  const api = createApi({
    zone: 'a',
    clusterKey: KEY,
    clock,
    log,
    store,
    state: view,
    zones: () => [aZone('a'), aZone('b')],
    sitesOf: (names) => names.flatMap((name) => statusOf(view, name) ?? []),
    look: () => null,
    findings: () => [],
    naming: newIncidentId,
    tell: async () => {},
    observations: { full: () => true, follow: async () => {}, kept: () => null },
    practice: { begin: async () => {} },
    levels: NOBODY_CAME,
    impactsOf: () => [],
    burning: () => null,
    ...more,
  });
  const { app, ask } = await mounted(api);
  return {
    app,
    api,
    ask,
    tokens,
    store: aside,
    cluster,
    close: async () => {
      api.stop();
      await app.close();
      await view.close();
      await store.close();
      await aside.close();
    },
  };
}

function aZone(zone: string): ZoneStatus {
  const agent = `127.0.0.1:${zone.charCodeAt(0)}`;
  return {
    zone,
    state: 'healthy',
    since: 1_000,
    heardAgoMs: 10,
    controllerHere: true,
    agent,
    evacuated: null,
    observers: [],
  };
}

function statusOf({ placements, sites }: ApiOptions['state'], site: string): SiteStatus | null {
  const placement = placements.get(site);
  if (placement === undefined) return null;
  const { epoch, live, standby, spares, incident, protectionSince: since } = placement;
  const { hosts, plan } = sites.get(site)!.spec;
  const rest = { copies: [], refusal: null, order: null, record: null };
  return {
    site,
    hosts,
    plan,
    epoch,
    phase: phaseOf(placement),
    protected: isProtected(placement),
    since,
    live,
    standby,
    spares,
    incident,
    ...rest,
  };
}
