/** What one copy is made of: its database, its application and what belongs to it, put together from the agent's configuration. */
import { join } from 'node:path';
import type { AgentConfig } from '../config/programs.ts';
import { portsOf, type SiteId, type SiteRecord, type SiteSecrets } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type UserIds, userIds } from '../platform/users.ts';
import type { Store } from '../store/store.ts';
import type { View } from '../store/view.ts';
import type { HostChecks } from './app/check-pace.ts';
import { type ApplicationPlan, toPlan } from './app/plan.ts';
import type { Launcher } from './app/processes.ts';
import { createSupervisor, type Supervisor } from './app/supervisor.ts';
import { type Cache, createCache } from './cache/cache.ts';
import { cacheSocketIn } from './cache/server.ts';
import { usesCachePort } from './cache/uses-port.ts';
import { createCron } from './cron.ts';
import type { DiskWatch } from './disk/watch.ts';
import type { HostFiles } from './files/host.ts';
import { createMirror, type Mirror } from './files/mirror.ts';
import { createDatabase } from './mariadb/database.ts';
import type { Database } from './mariadb/goal.ts';
import type { HostLooks } from './mariadb/look-pace.ts';
import { siteUser } from './mariadb/users.ts';
import { createSearch, type Search } from './search/search.ts';
import { createSetup } from './setup.ts';
import type { Turnstile } from './turnstile.ts';

export interface CopyKeeperOptions {
  site: SiteId;
  config: AgentConfig;
  clusterKey: string;
  clock: Clock;
  log: Log;
  store: Store;
  view: View;
  launcher: Launcher;
  disks: DiskWatch;
  files: HostFiles;
  looks: HostLooks;
  checks: HostChecks;
  makings: Turnstile;
}

/** `${stateDir}/copies/SITE`: the folder of this site's copy. */
export function copyFolder(config: AgentConfig, site: SiteId): string {
  return join(config.stateDir, 'copies', site);
}

/** Where data directories of this host's copies are kept that diverged. */
export function asideFolder(config: AgentConfig): string {
  return join(config.stateDir, 'aside');
}

export interface Parts {
  database: Database;
  supervisor: Supervisor;
  setup: ReturnType<typeof createSetup>;
  cron: ReturnType<typeof createCron>;
  mirror: Mirror;
  cache: Cache;
  search: Search;
  /** Null: the application reaches its cache through the socket alone. */
  cachePort(): number | null;
  plan(): ApplicationPlan;
  /** Takes a new description over; the database keeps the zones and the slot that it was made with. */
  refresh(record: SiteRecord): void;
}

export function createParts(options: CopyKeeperOptions, first: SiteRecord, secrets: SiteSecrets): Parts {
  const { site, config, clusterKey, clock, log, launcher, looks, checks, makings } = options;
  const folder = copyFolder(config, site);
  const user = userIds(config.applicationUser);
  const ports = portsOf(config.portBase, first.slot);
  const copyName = `${site}/${config.zone}`;
  const shared = { clock, log, launcher, user, runFolder: join(folder, 'agent'), logFolder: join(folder, 'log') };
  const database = createDatabase({
    site,
    zone: config.zone,
    zones: first.spec.zones,
    slot: first.slot,
    folder,
    asideFolder: asideFolder(config),
    listen: { host: config.address, port: ports.database },
    databaseName: first.spec.database.name,
    secrets,
    osUser: config.databaseUser,
    bufferPoolMb: config.bufferPoolMb,
    clusterKey,
    salvage: { keepMs: config.salvage.keep, mostBytes: config.salvage.most },
    binlogs: { keepMs: config.binlogs.keep, mostBytes: config.binlogs.most },
    looks,
    makings,
    clock,
    log,
  });
  const planOf = (record: SiteRecord) =>
    toPlan(record, secrets, {
      zone: config.zone,
      address: config.address,
      ports,
      appFolder: join(folder, 'app'),
      databaseSocket: join(folder, 'db.sock'),
      cacheSocket: cacheSocketIn(folder),
      databaseUser: siteUser(site),
    });
  let record = first;
  let plan = planOf(first);
  let byPort = usesCachePort(first.spec);
  return {
    database,
    supervisor: createSupervisor({ ...shared, checks }),
    setup: createSetup({ ...shared, copyName }),
    cron: createCron(shared),
    mirror: createMirror({ clock, log, zone: config.zone, clusterKey, user, folder, host: options.files }),
    cache: createCache({
      clock,
      log: log.child({ part: 'cache' }),
      launcher,
      copyName,
      mostMb: config.cacheMb,
      folder: join(folder, 'cache'),
      runFolder: join(folder, 'agent', 'cache'),
      logFolder: join(folder, 'log'),
      // The application's group alone may use the socket.
      user: () => mixed(userIds(config.cacheUser), user),
    }),
    search: createSearch({ ...shared, log: log.child({ part: 'search' }), copyName }),
    cachePort: () => (byPort ? ports.cache : null),
    plan: () => plan,
    refresh(next) {
      if (next === record) return;
      record = next;
      plan = planOf(next);
      byPort = usesCachePort(next.spec);
    },
  };
}

function mixed(own: UserIds | null, group: UserIds | null): UserIds | null {
  return own === null || group === null ? null : { ...own, gid: group.gid };
}
