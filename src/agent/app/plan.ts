/** A site's application as it is to run in this zone: the description with every placeholder filled in. */
import { createHash } from 'node:crypto';
import { fill } from '../../config/fill.ts';
import type { CopyPorts, InstallStep, Placeholder, SiteRecord, SiteSecrets, ZoneId } from '../../model/index.ts';
import type { ReadinessTarget } from './readiness.ts';

export interface PlannedCommand {
  command: string[];
  /** The whole environment: nothing of the agent's own is passed on. */
  environment: Record<string, string>;
}

export interface ApplicationPlan {
  appFolder: string;
  install: InstallStep[];
  /** For the files that are to be filled; holds passwords. */
  values: Record<Placeholder, string>;
  /** Folders inside `appFolder` that have to exist. */
  files: string[];
  processes: (PlannedCommand & { name: string })[];
  setup: PlannedCommand | null;
  cron: (PlannedCommand & { everyMs: number }) | null;
  ready: ReadinessTarget;
  /** The search index of this zone: where it answers, and what rebuilds it. */
  search: (PlannedCommand & { url: string; timeoutMs: number }) | null;
  /** Changes when anything that is installed or started changes. */
  hash: string;
}

export interface CopyPlace {
  zone: ZoneId;
  /** Address that the copy listens on. */
  address: string;
  ports: CopyPorts;
  appFolder: string;
  databaseSocket: string;
  cacheSocket: string;
  databaseUser: string;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function toPlan(record: SiteRecord, secrets: SiteSecrets, place: CopyPlace): ApplicationPlan {
  const { spec } = record;
  const { application } = spec;
  const values = valuesOf(record, secrets, place);
  const filled = (variables: Record<string, string>) =>
    Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, fill(text, values)]));
  const shared = { PATH, HOME: place.appFolder, LANG: 'C.UTF-8', ...filled(application.environment) };
  const planned = (command: string[], more: Record<string, string> = {}): PlannedCommand => ({
    command: command.map((word) => fill(word, values)),
    environment: { ...shared, ...filled(more) },
  });
  const plan = {
    appFolder: place.appFolder,
    install: application.install,
    values,
    files: spec.files,
    processes: application.processes.map((one) => ({ name: one.name, ...planned(one.command, one.environment) })),
    setup: application.setup === null ? null : planned(application.setup),
    cron:
      application.cron === null ? null : { ...planned(application.cron.command), everyMs: application.cron.everyMs },
    ready: {
      host: place.address,
      port: place.ports.application,
      path: application.ready.path,
      hostName: spec.hosts[0] ?? spec.site,
      timeoutMs: application.ready.timeoutMs,
    },
    search: spec.search && {
      ...planned(spec.search.rebuild),
      url: fill(spec.search.url, values),
      timeoutMs: spec.search.timeoutMs,
    },
  };
  return { ...plan, hash: hashOf({ ...plan, setup: null, cron: null, ready: null, search: null }) };
}

function valuesOf({ spec }: SiteRecord, secrets: SiteSecrets, place: CopyPlace): Record<Placeholder, string> {
  return {
    site: spec.site,
    'site.secret': secrets.siteSecret,
    'site.host': spec.hosts[0] ?? spec.site,
    zone: place.zone,
    'copy.dir': place.appFolder,
    'listen.host': place.address,
    'listen.port': String(place.ports.application),
    'database.host': place.address,
    'database.port': String(place.ports.database),
    'database.socket': place.databaseSocket,
    'database.name': spec.database.name,
    'database.user': place.databaseUser,
    'database.password': secrets.databasePassword,
    // It lets everybody in who reaches it, so only its own host does.
    'cache.host': '127.0.0.1',
    'cache.port': String(place.ports.cache),
    'cache.socket': place.cacheSocket,
  };
}

/** SHA-256 in hexadecimal. */
export function hashOf(what: unknown): string {
  return createHash('sha256').update(JSON.stringify(what)).digest('hex');
}
