/** The site description as everyone sees it after parsing; `config/site.ts` is what reads the YAML. */
import type { SiteId, ZoneId } from './ids.ts';
import { DEFAULT_DRAIN_MS, type DrillFault } from './order.ts';
import type { DailyWindow, FailoverPolicy } from './policy.ts';
import type { SiteStatusSpec } from './status-page.ts';

export interface InstallStep {
  /** Absolute path of a file or folder (resolved against the description's own folder). */
  from: string;
  /** Path inside the copy's folder. */
  to: string;
  /** Replace `{{…}}` placeholders in the file's text. Only for single files. */
  fill: boolean;
  /** Folders are linked instead of copied when true: for program files that the application never writes. */
  link: boolean;
}

export interface ProcessSpec {
  name: string;
  command: string[];
  environment: Record<string, string>;
}

export interface SiteSpec {
  site: SiteId;
  hosts: string[];
  plan: string;
  /**
   * Whether it may be protected, as far as the site says so: `true` asks for it (the add-on was bought), `false` runs it in one zone,
   * null leaves it to the plan. See `plans.ts`.
   */
  disasterRecovery: boolean | null;
  /** In order of preference: the first is the first live zone. At least one. */
  zones: ZoneId[];
  application: {
    install: InstallStep[];
    processes: ProcessSpec[];
    environment: Record<string, string>;
    ready: { path: string; timeoutMs: number };
    /** Run once in the first live copy, after its database was created. */
    setup: string[] | null;
    /** Run every `everyMs` where the site is live, never two at a time. */
    cron: { command: string[]; everyMs: number } | null;
  };
  database: { name: string };
  /** How many copies the site wants: 3 keeps one following beside the standby, 2 builds one when one is lost. At most one a zone. */
  copies: 2 | 3;
  /** An object cache that the agent runs beside the application, in each zone its own; never replicated, emptied by a move. */
  cache: 'redis' | null;
  /** A search index of the zone's own; never replicated. `rebuild` runs in the newly live copy after a move. */
  search: { url: string; rebuild: string[]; timeoutMs: number } | null;
  /** Planned moves: how long what is open on the old side is waited for before it is ended. */
  handOver: { drainMs: number };
  /** Practice by itself; null: only by hand. */
  drills: { everyMs: number; fault: DrillFault; window: DailyWindow | null } | null;
  /** Times of day in which nothing is moved that need not be. */
  freeze: DailyWindow[];
  /** Folders inside the copy's folder whose contents visitors create (uploads). Mirrored from the live copy. */
  files: string[];
  notify: string[];
  /** Its page for visitors; null: as the service description says. */
  status: SiteStatusSpec | null;
  failover: FailoverPolicy;
}

/** What a description leaves out. */
export const SITE_DEFAULTS = {
  disasterRecovery: null,
  copies: 3,
  cache: null,
  search: null,
  handOver: { drainMs: DEFAULT_DRAIN_MS },
  drills: null,
  freeze: [],
  status: null,
} satisfies Partial<SiteSpec>;

/** A site as the store keeps it. */
export interface SiteRecord {
  spec: SiteSpec;
  /** Small number, unique among sites, from which every zone derives the copy's ports. */
  slot: number;
}

/** Kept apart from the site record, so that listing sites never carries a secret. */
export interface SiteSecrets {
  /** Password of the site's database user, whose rights end at its own database. */
  databasePassword: string;
  /** Password of the replication user. */
  replicationPassword: string;
  /** Password of the agent's administrative database user. */
  adminPassword: string;
  /** Random, for the application's own keys (`{{site.secret}}`). */
  siteSecret: string;
}

/** Everything a description may refer to as `{{name}}`. */
export const PLACEHOLDERS = [
  'site',
  'site.secret',
  'site.host',
  'zone',
  'copy.dir',
  'listen.host',
  'listen.port',
  'database.host',
  'database.port',
  'database.socket',
  'database.name',
  'database.user',
  'database.password',
  'cache.host',
  'cache.port',
  'cache.socket',
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
