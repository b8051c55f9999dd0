/**
 * Keeps a copy's visitor files like those of the live zone, by pulling as soon as that zone tells of a change, and every so often in
 * case it does not. Nothing is ever deleted here: an upload may exist in this zone only. What a pull overwrites is kept aside.
 */
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Epoch,
  type MonoMs,
  type Placement,
  roleOf,
  type SiteId,
  type ZoneId,
  type ZoneRecord,
} from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { readJson, writeWhole } from '../../platform/files.ts';
import type { Log } from '../../platform/log.ts';
import type { UserIds } from '../../platform/users.ts';
import { inside, makeFileFolders } from '../app/install.ts';
import type { ApplicationPlan } from '../app/plan.ts';
import type { Changes } from './changes.ts';
import type { HostFiles } from './host.ts';
import { moduleName } from './module.ts';
import { type News, nextPullAt, type Pulls } from './pace.ts';
import { type PullOptions, pull } from './pull.ts';

export interface MirrorOptions {
  clock: Clock;
  log: Log;
  zone: ZoneId;
  clusterKey: string;
  user: UserIds | null;
  /** `${stateDir}/copies/SITE`. */
  folder: string;
  host: HostFiles;
  /** How one folder is fetched; replaced in tests. Null when it succeeded, otherwise why not. */
  fetch?: (options: PullOptions) => Promise<string | null>;
}

export interface Mirror {
  /** Sets what is known now; a loop of its own does the pulling. */
  pursue(plan: ApplicationPlan, placement: Placement, zones: ReadonlyMap<ZoneId, ZoneRecord>): void;
  stop(): void;
}

/** The first moments of a new role belong to databases and visitors: on a host with hundreds of sites this would be in their way. */
export const BEGIN_AFTER_MS = 2_000;
const RETRY_MS = 5_000;
const IDLE_MS = 60_000;

/** One folder that is fetched. */
interface Part {
  name: string;
  module: string;
  target: string;
  pulls: Pulls | null;
  news(): News;
}

interface Wanted {
  plan: ApplicationPlan;
  placement: Placement;
  errand: NonNullable<Errand>;
  /** Where the agents of those zones listen that it is about; a zone that is missing cannot be asked. */
  agents: ReadonlyMap<ZoneId, string>;
}

/** What is done until something else is wanted. */
interface Order extends Omit<Wanted, 'placement'> {
  reign: Epoch;
  beginAt: MonoMs;
  parts: Part[];
  leave: AbortController;
}

export type Errand =
  | { kind: 'follow'; from: ZoneId }
  /** What only these zones have is fetched once from each, nothing that is here is touched; some may have been asked already. */
  | { kind: 'recover'; from: ZoneId[]; epoch: Epoch }
  | null;

interface Trouble {
  from: ZoneId;
  why: string;
}

/** Which zones the live copy has asked, in the newest reign in which it has asked any. */
export interface Recovered {
  epoch: Epoch;
  zones: ZoneId[];
}

/**
 * What the copy in `zone` has to fetch now. A live copy asks every other one once in its reign, as soon as it is there: the zone that was
 * live before may have what nobody else has, and so may one that was live before that and returns only now.
 */
export function errandOf(placement: Placement, zone: ZoneId, recovered: Recovered): Errand {
  const role = roleOf(placement, zone);
  if (role === 'standby' || role === 'spare') return { kind: 'follow', from: placement.live };
  const { promotion, standby, spares } = placement;
  const { epoch, from } = promotion;
  if (role !== 'live' || from === null) return null;
  const asked = recovered.epoch === epoch ? recovered.zones : [];
  const others = standby === null ? spares : [standby, ...spares];
  if (others.every((other) => asked.includes(other))) return null;
  // First the one that is likeliest to have something.
  return { kind: 'recover', from: others.toSorted((one, two) => Number(two === from) - Number(one === from)), epoch };
}

export function createMirror(options: MirrorOptions): Mirror {
  const { clock, log, zone, folder, user, host } = options;
  const fetch = options.fetch ?? pull;
  const marker = join(folder, 'agent', 'files-recovered.json');
  const kept = join(folder, 'files-kept');
  const ended = new AbortController();
  const own = createOwnWatches(clock, host.changes);
  let recovered = readRecovered(marker);
  /** As this agent came to know of it. */
  let reign: { epoch: Epoch; beganAt: MonoMs } = { epoch: -1, beganAt: clock.mono() };
  let order: Order | null = null;
  let failing = false;
  let sleep = new AbortController();
  const wake = () => sleep.abort();

  const fetchPart = async (
    { errand, agents, reign, leave }: Order,
    from: ZoneId,
    { name, module, target }: Part,
  ): Promise<string | null> => {
    const agent = agents.get(from);
    if (agent === undefined) return `where the agent of zone ${from} listens is not known`;
    const { clusterKey } = options;
    const keepIn = (which: string) => join(kept, `${reign}-${which}`, name);
    const keep = errand.kind === 'follow' ? { first: keepIn('first'), newest: keepIn('newest') } : null;
    return fetch({ clock, clusterKey, module, signal: leave.signal, agent, target, user, kept: keep });
  };

  const tellTrouble = (troubles: Trouble[], { leave }: Order) => {
    if (leave.signal.aborted) return;
    const fails = troubles.length > 0;
    if (fails && !failing) log.warn({ troubles }, 'visitor files could not be fetched; tried again');
    failing = fails;
  };

  const pullPart = async (order: Order, from: ZoneId, part: Part): Promise<void> => {
    const pass = await host.pulls.enter(order.leave.signal);
    if (pass === null) return;
    try {
      const startedAt = clock.mono();
      const news = part.news();
      const why = await fetchPart(order, from, part);
      tellTrouble(why === null ? [] : [{ from, why }], order);
      const failures = why === null ? 0 : (part.pulls?.failures ?? 0) + 1;
      part.pulls = { startedAt, endedAt: clock.mono(), failures, state: 'state' in news ? news.state : null };
    } finally {
      pass();
    }
  };

  /** In milliseconds: when to look again. */
  const follow = async (order: Order, from: ZoneId): Promise<number> => {
    const dueAt = (part: Part) => nextPullAt(part.pulls, part.news());
    for (const part of order.parts) if (dueAt(part) <= clock.mono()) await pullPart(order, from, part);
    return Math.min(...order.parts.map(dueAt)) - clock.mono();
  };

  const recoverFrom = async (order: Order, from: ZoneId): Promise<Trouble | null> => {
    for (const part of order.parts) {
      const pass = await host.pulls.enter(order.leave.signal);
      const why = pass === null ? 'no longer wanted' : await fetchPart(order, from, part).finally(pass);
      if (why !== null) return { from, why };
    }
    return null;
  };

  /** One that cannot be asked now is asked again, and keeps no other waiting. */
  const recover = async (order: Order, from: ZoneId[], epoch: Epoch): Promise<number> => {
    const asked = () => (recovered.epoch === epoch ? recovered.zones : []);
    const troubles: Trouble[] = [];
    for (const other of from) {
      if (asked().includes(other)) continue;
      const trouble = await recoverFrom(order, other);
      if (trouble !== null) {
        troubles.push(trouble);
        continue;
      }
      recovered = { epoch, zones: [...asked(), other] };
      await writeWhole(marker, JSON.stringify(recovered));
      log.info({ from: other }, 'fetched what only that zone had');
    }
    tellTrouble(troubles, order);
    return troubles.length > 0 ? RETRY_MS : IDLE_MS;
  };

  const turn = async (order: Order): Promise<number> => {
    if (order.beginAt > clock.mono()) return order.beginAt - clock.mono();
    makeFileFolders(order.plan, user);
    if (!existsSync(kept)) {
      mkdirSync(kept, { mode: 0o700 });
      if (user !== null) chownSync(kept, user.uid, user.gid);
    }
    const { errand } = order;
    return errand.kind === 'follow' ? follow(order, errand.from) : recover(order, errand.from, errand.epoch);
  };

  const begin = ({ plan, placement, errand, agents }: Wanted): Order => {
    const leave = new AbortController();
    const since = clock.mono();
    const agent = errand.kind === 'follow' ? agents.get(errand.from) : undefined;
    const parts = plan.files.map((name): Part => {
      const module = moduleName(placement.site, name);
      const heard = agent === undefined ? null : host.hearing.follow(agent, module, wake);
      if (heard !== null) leave.signal.addEventListener('abort', heard.end);
      const news = () => heard?.news() ?? { silentSince: since };
      return { name, module, target: inside(plan.appFolder, name), pulls: null, news };
    });
    // What only a zone has that returns later in a reign is fetched at once: the next loss may come soon.
    const beginAt = (errand.kind === 'recover' ? reign.beganAt : since) + BEGIN_AFTER_MS;
    return { plan, errand, agents, reign: reign.epoch, beginAt, parts, leave };
  };

  const run = async () => {
    while (!ended.signal.aborted) {
      // Before the turn: what is told during it must not be slept over.
      sleep = new AbortController();
      const waitMs = order === null ? IDLE_MS : await turn(order).catch(troubled);
      await clock.sleep(Math.max(0, waitMs), sleep.signal);
    }
  };
  const troubled = (error: unknown) => {
    log.warn({ err: error }, 'file mirror');
    return RETRY_MS;
  };

  let pursued = '';
  void run();
  return {
    pursue(plan, placement, zones) {
      if (ended.signal.aborted) return;
      own.set(roleOf(placement, zone) === 'live' ? plan : null, placement.site);
      if (placement.promotion.epoch !== reign.epoch)
        reign = { epoch: placement.promotion.epoch, beganAt: clock.mono() };
      const errand = plan.files.length === 0 ? null : errandOf(placement, zone, recovered);
      const agents = agentsOf(errand, zones);
      const wanted = JSON.stringify([errand, [...agents], placement.promotion.epoch, plan.appFolder, plan.files]);
      if (wanted === pursued) return;
      pursued = wanted;
      const before = order;
      order = errand === null ? null : begin({ plan, placement, errand, agents });
      // What was right under another role is not finished: a copy that is live now must not be overwritten any more.
      before?.leave.abort();
      wake();
    },
    stop() {
      ended.abort();
      order?.leave.abort();
      own.set(null, '');
      wake();
    },
  };
}

function readRecovered(marker: string): Recovered {
  const known = readJson(marker) as Partial<Recovered> | null;
  return { epoch: Number(known?.epoch ?? 0), zones: Array.isArray(known?.zones) ? known.zones : [] };
}

function agentsOf(errand: Errand, zones: ReadonlyMap<ZoneId, ZoneRecord>): Map<ZoneId, string> {
  const from = errand === null ? [] : [errand.from].flat();
  return new Map(
    from.flatMap((zone) => {
      const agent = zones.get(zone)?.agent;
      return agent == null ? [] : [[zone, agent]];
    }),
  );
}

/** While the copy is live, its folders are watched for the others. */
function createOwnWatches(clock: Clock, changes: Changes) {
  let ends: (() => void)[] = [];
  let cancel = () => {};
  let watched = '';
  return {
    set(plan: ApplicationPlan | null, site: SiteId) {
      const wanted = plan === null ? '' : JSON.stringify([plan.appFolder, plan.files]);
      if (wanted === watched) return;
      watched = wanted;
      cancel();
      for (const end of ends) end();
      ends = [];
      if (plan === null) return;
      const { appFolder, files } = plan;
      cancel = clock.after(BEGIN_AFTER_MS, () => {
        ends = files.map((name) => changes.watch(moduleName(site, name), inside(appFolder, name)));
      });
    },
  };
}
