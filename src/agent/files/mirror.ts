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
  /** How one folder is fetched; replaced in tests. True when it succeeded. */
  fetch?: (options: PullOptions) => Promise<boolean>;
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
  agent: string | null;
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
  /** The zone that was live before is back: what only it has is fetched once, nothing that is here is touched. */
  | { kind: 'recover'; from: ZoneId; epoch: number }
  | null;

/** What the copy in `zone` has to fetch now. `recoveredEpoch`: the newest promotion whose old live zone was asked already. */
export function errandOf(placement: Placement, zone: ZoneId, recoveredEpoch: number): Errand {
  const role = roleOf(placement, zone);
  if (role === 'standby' || role === 'spare') return { kind: 'follow', from: placement.live };
  const { epoch, from } = placement.promotion;
  if (role !== 'live' || from === null || epoch <= recoveredEpoch) return null;
  return roleOf(placement, from) === 'none' ? null : { kind: 'recover', from, epoch };
}

export function createMirror(options: MirrorOptions): Mirror {
  const { clock, log, zone, folder, user, host } = options;
  const fetch = options.fetch ?? pull;
  const marker = join(folder, 'agent', 'files-recovered.json');
  const kept = join(folder, 'files-kept');
  const ended = new AbortController();
  const own = createOwnWatches(clock, host.changes);
  let recoveredEpoch = Number((readJson(marker) as { epoch?: unknown } | null)?.epoch ?? 0);
  /** As this agent came to know of it. */
  let reign: { epoch: Epoch; beganAt: MonoMs } = { epoch: -1, beganAt: clock.mono() };
  let order: Order | null = null;
  let failing = false;
  let sleep = new AbortController();
  const wake = () => sleep.abort();

  const fetchPart = async (
    { errand, agent, reign, leave }: Order,
    { name, module, target }: Part,
  ): Promise<boolean> => {
    if (agent === null) return false;
    const { clusterKey } = options;
    const keepIn = (which: string) => join(kept, `${reign}-${which}`, name);
    const keep = errand.kind === 'follow' ? { first: keepIn('first'), newest: keepIn('newest') } : null;
    return fetch({ clock, clusterKey, module, signal: leave.signal, agent, target, user, kept: keep });
  };

  const tellTrouble = (well: boolean, { errand, leave }: Order) => {
    if (leave.signal.aborted) return;
    if (!well && !failing) log.warn({ from: errand.from }, 'visitor files could not be fetched; tried again');
    failing = !well;
  };

  const pullPart = async (order: Order, part: Part): Promise<void> => {
    const pass = await host.pulls.enter(order.leave.signal);
    if (pass === null) return;
    try {
      const startedAt = clock.mono();
      const news = part.news();
      const well = await fetchPart(order, part);
      tellTrouble(well, order);
      const failures = well ? 0 : (part.pulls?.failures ?? 0) + 1;
      part.pulls = { startedAt, endedAt: clock.mono(), failures, state: 'state' in news ? news.state : null };
    } finally {
      pass();
    }
  };

  /** In milliseconds: when to look again. */
  const follow = async (order: Order): Promise<number> => {
    const dueAt = (part: Part) => nextPullAt(part.pulls, part.news());
    for (const part of order.parts) if (dueAt(part) <= clock.mono()) await pullPart(order, part);
    return Math.min(...order.parts.map(dueAt)) - clock.mono();
  };

  const recover = async (order: Order, epoch: Epoch): Promise<number> => {
    let well = true;
    for (const part of order.parts) {
      const pass: (() => void) | null = well ? await host.pulls.enter(order.leave.signal) : null;
      well = pass !== null && (await fetchPart(order, part).finally(pass));
    }
    tellTrouble(well, order);
    if (!well) return RETRY_MS;
    await writeWhole(marker, JSON.stringify({ epoch }));
    recoveredEpoch = epoch;
    log.info({ from: order.errand.from }, 'fetched what only the zone that was live before had');
    return IDLE_MS;
  };

  const turn = async (order: Order): Promise<number> => {
    if (order.beginAt > clock.mono()) return order.beginAt - clock.mono();
    makeFileFolders(order.plan, user);
    if (!existsSync(kept)) {
      mkdirSync(kept, { mode: 0o700 });
      if (user !== null) chownSync(kept, user.uid, user.gid);
    }
    const { errand } = order;
    return errand.kind === 'follow' ? follow(order) : recover(order, errand.epoch);
  };

  const begin = ({ plan, placement, errand, agent }: Wanted): Order => {
    const leave = new AbortController();
    const since = clock.mono();
    const parts = plan.files.map((name): Part => {
      const module = moduleName(placement.site, name);
      const heard = errand.kind === 'follow' && agent !== null ? host.hearing.follow(agent, module, wake) : null;
      if (heard !== null) leave.signal.addEventListener('abort', heard.end);
      const news = () => heard?.news() ?? { silentSince: since };
      return { name, module, target: inside(plan.appFolder, name), pulls: null, news };
    });
    // What only a zone has that returns later in a reign is fetched at once: the next loss may come soon.
    const beginAt = (errand.kind === 'recover' ? reign.beganAt : since) + BEGIN_AFTER_MS;
    return { plan, errand, agent, reign: reign.epoch, beginAt, parts, leave };
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
      const errand = plan.files.length === 0 ? null : errandOf(placement, zone, recoveredEpoch);
      const agent = errand === null ? null : (zones.get(errand.from)?.agent ?? null);
      const wanted = JSON.stringify([errand, agent, placement.promotion.epoch, plan.appFolder, plan.files]);
      if (wanted === pursued) return;
      pursued = wanted;
      const before = order;
      order = errand === null ? null : begin({ plan, placement, errand, agent });
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
