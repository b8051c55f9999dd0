/** One site's copy in this zone: hands the placement's wishes to its database and its application, and reports what has become of them. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CopyReport,
  type DatabaseReport,
  type Epoch,
  type MonoMs,
  NO_AUXILIARIES,
  type Placement,
  roleOf,
  type SiteId,
  type SiteRecord,
} from '../model/index.ts';
import type { View } from '../store/view.ts';
import { type CopyKeeperOptions, copyFolder, createParts, type Parts } from './copy-parts.ts';
import { createDrillHand } from './drill.ts';
import { applicationWish, mayWork, settledRole, toDatabaseGoal, unknownDatabase } from './goals.ts';
import type { Database } from './mariadb/goal.ts';
import { pathsOf } from './mariadb/options.ts';
import { findSecrets } from './secrets.ts';

export interface CopyKeeper {
  readonly site: SiteId;
  /** Looks at the placement again now; it does so by itself every `TURN_MS` too. */
  look(): void;
  /** Null until the site's placement is known. */
  report(): CopyReport | null;
  /** Null until the secrets are known. */
  database(): Database | null;
  /** Stops watching; leaves the database and the application running. */
  detach(): Promise<void>;
}

const TURN_MS = 100;
const BEGIN_RETRY_MS = 2_000;
/** Actions are reported so long after they ended, so that a controller that was away learns of them too. */
const ACTION_KEEP_MS = 60_000;

export function createCopyKeeper(options: CopyKeeperOptions): CopyKeeper {
  const { site, config, clock, view } = options;
  const log = options.log.child({ site });
  const folder = copyFolder(config, site);
  makeFolders(folder);
  const disk = options.disks.over(folder);
  const { process: processFile, config: configFile } = pathsOf(folder);
  const runFolder = join(folder, 'agent');
  const drill = createDrillHand({
    ...options,
    log,
    zone: config.zone,
    runFolder,
    database: { processFile, configFile },
  });
  const bornAt: MonoMs = clock.mono();
  const ended = new AbortController();
  let parts: Parts | null = null;
  let pursued: Epoch = 0;

  const look = () => {
    const known = knownOf(view, site);
    if (known === null || parts === null || ended.signal.aborted) return;
    const { record, placement } = known;
    parts.refresh(record);
    if (placement.epoch < pursued) return;
    pursueDatabase(parts.database, record, placement);
    pursueApplication(parts, record, placement);
    parts.mirror.pursue(parts.plan(), placement, view.zones);
  };

  const pursueDatabase = (database: Database, record: SiteRecord, placement: Placement) => {
    const goal = toDatabaseGoal(placement, config.zone, view.zones, record.slot);
    if (goal === null) return;
    database.pursue(goal, view.fresh);
    pursued = goal.epoch;
  };

  const pursueApplication = (parts: Parts, record: SiteRecord, placement: Placement) => {
    const { database, supervisor, setup, cron, plan } = parts;
    const role = roleOf(placement, config.zone);
    const seen = databaseReport(database);
    const reigns = role === 'live' && seen.writable && database.settledEpoch() === placement.epoch && view.fresh;
    const wish = applicationWish(role, seen.state, supervisor.report().state !== 'stopped');
    supervisor.pursue(plan(), wish);
    const works = mayWork(placement);
    const setUpNow = reigns && works.setUp && database.created() && supervisor.started();
    if (setUpNow && (supervisor.hasAnswered() || plan().setup === null)) setup.pursue(plan(), placement.epoch);
    cron.pursue(plan(), role === 'live', reigns && works.start);
    drill.pursue(placement, reigns && works.start);
    const { epoch, from } = placement.promotion;
    const auxiliary = { wanted: wish === 'run', reign: role === 'live' ? epoch : null, first: from === null };
    parts.search.pursue(plan(), { ...auxiliary, mayStart: reigns && works.start });
    const applied = () => database.promoted()?.epoch === epoch;
    parts.cache.pursue(record.spec.cache === null ? null : { ...auxiliary, port: parts.cachePort(), applied });
  };

  /** Data that nobody has looked at yet is not absent: an application must not be stopped for that. */
  const databaseReport = (database: Database): DatabaseReport => {
    const seen = database.report();
    return seen.state === 'absent' && existsSync(join(folder, 'data')) ? { ...seen, state: 'starting' } : seen;
  };

  const begin = async () => {
    const secrets = await findSecrets({ ...options, log }, site, join(folder, 'agent'), ended.signal);
    const record = view.sites.get(site);
    if (secrets === null || record === undefined || ended.signal.aborted) return;
    parts = createParts({ ...options, log }, record, secrets);
    look();
  };
  const beginUntilBegun = async () => {
    while (parts === null && !ended.signal.aborted) {
      await begin().catch((error) => log.error({ err: error }, 'cannot keep this copy; tried again'));
      if (parts === null) await clock.sleep(BEGIN_RETRY_MS, ended.signal);
    }
  };
  void beginUntilBegun();

  const stopTurns = clock.every(TURN_MS, look);
  return {
    site,
    look,
    database: () => parts?.database ?? null,
    report() {
      const known = knownOf(view, site);
      if (known === null) return null;
      const { epoch, promotion } = known.placement;
      const role = roleOf(known.placement, config.zone);
      if (parts === null) {
        const database = unknownDatabase(existsSync(join(folder, 'data')), clock.mono() - bornAt);
        return { site, epoch, settled: null, database: { ...database, disk: disk() }, ...NOTHING_YET };
      }
      const { database, supervisor, setup, cache, search } = parts;
      const hasCache = known.record.spec.cache !== null;
      const databaseSettled = pursued === epoch && database.settledEpoch() === epoch;
      return {
        site,
        epoch,
        settled: settledRole(role, databaseSettled, supervisor.stopped()),
        database: { ...databaseReport(database), disk: disk() },
        application: supervisor.report(),
        // Told only once no visitor can find in the cache what is older than the database: 50 ms later at most.
        promoted: role === 'live' && (!hasCache || cache.emptiedFor(promotion.epoch)) ? database.promoted() : null,
        initialised: setup.done() && database.created(),
        actions: [database, setup, cache, search, drill]
          .flatMap((one) => one.actions())
          .filter((action) => clock.wall() - (action.startedAt + action.tookMs) <= ACTION_KEEP_MS),
        ...NO_AUXILIARIES,
        cache: hasCache ? cache.report() : null,
        search: search.report(),
        salvage: database.salvage(),
      };
    },
    async detach() {
      ended.abort();
      stopTurns();
      parts?.supervisor.detach();
      parts?.setup.stop();
      parts?.cron.stop();
      parts?.search.stop();
      parts?.cache.detach();
      parts?.mirror.stop();
      await parts?.database.detach();
    },
  };
}

const NOTHING_YET = {
  application: { state: 'stopped', stateForMs: 0, checks: [], tookMs: [] },
  promoted: null,
  initialised: false,
  actions: [],
  ...NO_AUXILIARIES,
} satisfies Partial<CopyReport>;

function knownOf(view: View, site: SiteId): { record: SiteRecord; placement: Placement } | null {
  const record = view.sites.get(site);
  const placement = view.placements.get(site);
  return record === undefined || placement === undefined ? null : { record, placement };
}

/** The database's user owns what it makes in here; the application's only has to get through. */
function makeFolders(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  for (const own of ['agent', 'log']) mkdirSync(join(folder, own), { recursive: true, mode: 0o700 });
}
