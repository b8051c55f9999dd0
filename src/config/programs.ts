/** Configuration of the three programs: one schema each, and the only place of their defaults. */
import { z } from 'zod';
import { bytesBetween } from './bytes.ts';
import { durationBetween } from './duration.ts';

const DAY_MS = 86_400_000;

const zoneName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,20}$/, 'a zone name: lower-case letters, digits and dashes, at most 21 characters');
const hostPort = z.string().regex(/^[^\s:]+:\d{1,5}$/, 'host:port, for example 10.0.1.11:7100');
const absolute = z.string().startsWith('/', 'an absolute path');

const shared = {
  /** etcd members as http://host:port, the own zone's first: a controller that asks its own member waits for nothing but an election. */
  store: z.strictObject({
    endpoints: z.array(z.url({ protocol: /^https?$/, error: 'an address such as http://10.0.1.11:2379' })).min(1),
  }),
  /** File (mode 0600) that holds the cluster's shared key: who has it may report to controllers and fetch backups. */
  clusterKeyFile: absolute,
  /** Folder of its own, created if missing. */
  stateDir: absolute,
};

const BUDGET = /^(\d+(?:\.\d+)?) per (?:(\d+(?:\.\d+)?) )?years?$/;

/** `1 per 10 years` → 0.1 a year. */
function parseBudget(text: string): number {
  const [, count = '0', years = '1'] = BUDGET.exec(text) ?? [];
  return Number(count) / Number(years);
}

/** `1 per 10 years`, as a number a year. */
export const falseAlarms = z
  .string()
  .regex(BUDGET, 'how often at most, for example 1 per 10 years')
  .transform(parseBudget)
  .refine((perYear) => perYear >= 1e-6 && perYear <= 365, 'from 1 per 1000000 years to 365 per year')
  .meta({ shown: 'budget' });

export const controllerConfig = z.strictObject({
  zone: zoneName,
  /** Address the agents, edges and the command line reach it at. */
  listen: hostPort,
  ...shared,
  detector: z
    .strictObject({
      /** How often ordinary chance may move anything; the detector's thresholds follow from it. */
      falseAlarms: falseAlarms.default(parseBudget('1 per 10 years')),
    })
    .prefault({}),
  /** Only on a local platform, which writes it: the socket of its keeper, over which administrators break zones from the console. */
  practice: absolute.optional(),
});
export type ControllerConfig = z.infer<typeof controllerConfig>;

export const agentConfig = z.strictObject({
  zone: zoneName,
  listen: hostPort,
  /** Address that this host's copies listen on, reachable from the edges and the other zones. */
  address: z.string().min(1),
  /** Copies take four ports each, from here upwards. */
  portBase: z.int().min(1024).max(60_000).default(7400),
  ...shared,
  /** Operating-system users that the databases and the applications run as. */
  databaseUser: z.string().default('mysql'),
  applicationUser: z.string().default('www-data'),
  /** InnoDB buffer pool of each copy. */
  bufferPoolMb: z.int().min(6).max(1_000_000).default(32),
  /** Operating-system user of the object caches, and the most that each of them may hold. */
  cacheUser: z.string().default('redis'),
  cacheMb: z.int().min(2).max(1_000_000).default(64),
  /** Data directories that diverged: for how long, and how much of each site's, they are kept. Told a week ahead (a day at the least). */
  salvage: z
    .strictObject({
      keep: durationBetween(DAY_MS, 3_650 * DAY_MS, 'a time from 1d to 3650d, for example 30d').default(30 * DAY_MS),
      most: bytesBetween(100e6, 1e15, 'a size from 100MB to 1000TB, for example 20GB').default(20e9),
    })
    .prefault({}),
  /** Logs of changes that each copy keeps for those that catch up; one that lacks more is built anew. */
  binlogs: z
    .strictObject({
      keep: durationBetween(3_600_000, 365 * DAY_MS, 'a time from 1h to 365d, for example 7d').default(7 * DAY_MS),
      /** Of each copy, in all; what another copy reads at this moment is kept all the same. */
      most: bytesBetween(100e6, 1e15, 'a size from 100MB to 1000TB, for example 4GB').default(4e9),
    })
    .prefault({}),
});
export type AgentConfig = z.infer<typeof agentConfig>;

export const edgeConfig = z.strictObject({
  edge: zoneName,
  /** Where visitors arrive (plain HTTP). */
  listen: hostPort,
  /** Where status is asked for. */
  control: hostPort,
  ...shared,
  /** Operating-system user of nginx's workers. */
  user: z.string().default('www-data'),
  workers: z.int().min(1).max(64).default(2),
  hold: z
    .strictObject({
      /** A request waits at most this long for its site to be moved. */
      limitMs: z.int().min(100).max(120_000).default(15_000),
      /** So many wait at the same time; the next gets 503 at once. */
      most: z.int().min(1).max(100_000).default(10_000),
      /** Released per worker every 10 ms after a move. */
      releasePer10Ms: z.int().min(1).max(1_000).default(20),
    })
    .prefault({}),
  /** TLS proxies and load balancers in front: what they say of the visitor's address and scheme is believed. */
  proxies: z
    .array(
      z.union([z.ipv4(), z.cidrv4(), z.ipv6(), z.cidrv6()], { error: 'an address such as 10.0.9.5, or 10.0.9.0/24' }),
    )
    .default([]),
  /** Host names at which the status page is served, the one of the service's `urls.status` above all; none: it is not. */
  statusHosts: z
    .array(z.string().regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'a host name: lower-case, without a port'), {
      error: 'a list of host names, for example [status.example.org]',
    })
    .max(20)
    .default([]),
  /** A zone that answered nothing for this long gets no more writes until it answers again or the site moves. */
  quietMs: z.int().min(50).max(10_000).default(200),
});
export type EdgeConfig = z.infer<typeof edgeConfig>;
