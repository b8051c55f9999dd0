/** Configuration of the three programs: one schema each, and the only place of their defaults. */
import { z } from 'zod';

const zoneName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,20}$/, 'a zone name: lower-case letters, digits and dashes, at most 21 characters');
const hostPort = z.string().regex(/^[^\s:]+:\d{1,5}$/, 'host:port, for example 10.0.1.11:7100');
const absolute = z.string().startsWith('/', 'an absolute path');

const shared = {
  /** etcd members as http://host:port, the own zone's first: a controller that asks its own member waits for nothing but an election. */
  store: z.strictObject({ endpoints: z.array(z.url({ protocol: /^https?$/ })).min(1) }),
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
  .refine((perYear) => perYear >= 1e-6 && perYear <= 365, 'from 1 per 1000000 years to 365 per year');

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
  /** A zone that answered nothing for this long gets no more writes until it answers again or the site moves. */
  quietMs: z.int().min(50).max(10_000).default(200),
});
export type EdgeConfig = z.infer<typeof edgeConfig>;
