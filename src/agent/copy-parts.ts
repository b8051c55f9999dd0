/** What one copy is made of: its database, its application and what belongs to it, put together from the agent's configuration. */
import { join } from 'node:path';
import type { AgentConfig } from '../config/programs.ts';
import { portsOf, type SiteId, type SiteRecord, type SiteSecrets } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { userIds } from '../platform/users.ts';
import type { Store } from '../store/store.ts';
import type { View } from '../store/view.ts';
import { type ApplicationPlan, toPlan } from './app/plan.ts';
import type { Launcher } from './app/processes.ts';
import { createSupervisor, type Supervisor } from './app/supervisor.ts';
import { createCron } from './cron.ts';
import type { DiskWatch } from './disk/watch.ts';
import { createMirror, type Mirror } from './files/mirror.ts';
import { createDatabase } from './mariadb/database.ts';
import type { Database } from './mariadb/goal.ts';
import { siteUser } from './mariadb/users.ts';
import { createSetup } from './setup.ts';

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
}

/** `${stateDir}/copies/SITE`: the folder of this site's copy. */
export function copyFolder(config: AgentConfig, site: SiteId): string {
  return join(config.stateDir, 'copies', site);
}

export interface Parts {
  database: Database;
  supervisor: Supervisor;
  setup: ReturnType<typeof createSetup>;
  cron: ReturnType<typeof createCron>;
  mirror: Mirror;
  plan(): ApplicationPlan;
  /** Takes a new description over; the database keeps the zones and the slot that it was made with. */
  refresh(record: SiteRecord): void;
}

export function createParts(options: CopyKeeperOptions, first: SiteRecord, secrets: SiteSecrets): Parts {
  const { site, config, clusterKey, clock, log, launcher } = options;
  const folder = copyFolder(config, site);
  const user = userIds(config.applicationUser);
  const ports = portsOf(config.portBase, first.slot);
  const shared = { clock, log, launcher, user, runFolder: join(folder, 'agent'), logFolder: join(folder, 'log') };
  const database = createDatabase({
    site,
    zone: config.zone,
    zones: first.spec.zones,
    slot: first.slot,
    folder,
    asideFolder: join(config.stateDir, 'aside'),
    listen: { host: config.address, port: ports.database },
    databaseName: first.spec.database.name,
    secrets,
    osUser: config.databaseUser,
    bufferPoolMb: config.bufferPoolMb,
    clusterKey,
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
      databaseUser: siteUser(site),
    });
  let record = first;
  let plan = planOf(first);
  return {
    database,
    supervisor: createSupervisor(shared),
    setup: createSetup({ ...shared, copyName: `${site}/${config.zone}` }),
    cron: createCron(shared),
    mirror: createMirror({ clock, log, zone: config.zone, clusterKey, user, folder }),
    plan: () => plan,
    refresh(next) {
      if (next === record) return;
      record = next;
      plan = planOf(next);
    },
  };
}
