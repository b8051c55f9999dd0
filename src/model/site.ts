/** The site description as everyone sees it after parsing; `config/site.ts` is what reads the YAML. */
import type { SiteId, ZoneId } from './ids.ts';
import type { FailoverPolicy } from './policy.ts';

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
  /** Folders inside the copy's folder whose contents visitors create (uploads). Mirrored from the live copy. */
  files: string[];
  notify: string[];
  failover: FailoverPolicy;
}

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
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
