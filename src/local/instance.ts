/** What other commands need to know about a running local platform: one file in its folder says where everything is. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GroupAddress } from './group.ts';
import type { NetworkPlan, ZoneNetwork } from './network.ts';
import { isAlive, type ProcessIdentity } from './proc.ts';

/** Instances live outside the checkout, because the databases' user must be able to walk to its folder. */
export const INSTANCES = '/var/lib/holdfast';
export const CHECKOUT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export const ETCD_PORT = 2379;
export const ETCD_PEER_PORT = 2380;
export const CONTROLLER_PORT = 7100;
export const AGENT_PORT = 7200;
export const EDGE_CONTROL_PORT = 7300;
/** Under which the edge serves the status page; every browser takes names below localhost for this machine. */
export const STATUS_HOST = 'status.localhost';

export interface LocalZone extends ZoneNetwork {
  group: GroupAddress;
  /** `host:port` of its programs. */
  controller: string;
  agent: string;
  /** `http://host:port`. */
  etcd: string;
  /** State folder of the zone's agent; copies are in `copies/SITE/` below it. */
  agentDir: string;
}

export interface LocalEdge {
  edge: string;
  group: GroupAddress;
  /** `host:port` where visitors arrive, and where status is asked for. */
  listen: string;
  control: string;
  /** State folder of the edge. */
  edgeDir: string;
}

export interface Instance {
  name: string;
  /** Six hexadecimal characters in the names of interfaces, namespaces and cgroups. */
  id: string;
  folder: string;
  siteFile: string | null;
  startedAt: number;
  /** The process that keeps it up; when that is gone, so is the platform. */
  keeper: ProcessIdentity;
  /** Folder of the instance's cgroups, or null. */
  cgroup: string | null;
  network: NetworkPlan;
  zones: LocalZone[];
  edge: LocalEdge;
  /** `host:port` of every controller, reachable from the root namespace. */
  controllers: string[];
  /** etcd members as URLs, likewise. */
  endpoints: string[];
  clusterKeyFile: string;
  /** `etcd-a`, `controller-a`, `agent-a`, …, `edge`. */
  programs: string[];
  /** The folder is removed at the end (tests). */
  temporary: boolean;
}

/** The name of this checkout's own instance, so that two checkouts can run side by side. */
export function defaultName(): string {
  const asked = process.env.HOLDFAST_INSTANCE;
  if (asked) return asked;
  const plain = basename(CHECKOUT)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 20);
  return `${plain}-${idOf(CHECKOUT)}`;
}

/** Six hexadecimal characters derived from any text. */
export function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}

export const folderOf = (name: string) => join(INSTANCES, name);
const fileOf = (name: string) => join(folderOf(name), 'instance.json');

/** The running instance, or null. What a crashed one left behind does not count. */
export function readInstance(name: string = defaultName()): Instance | null {
  const instance = readLeftover(name);
  return instance && isAlive(instance.keeper) ? instance : null;
}

/** What the file says, running or not. */
export function readLeftover(name: string): Instance | null {
  if (!existsSync(fileOf(name))) return null;
  return JSON.parse(readFileSync(fileOf(name), 'utf8')) as Instance;
}

/** Names of all running instances on this machine. */
export function runningInstances(): string[] {
  if (!existsSync(INSTANCES)) return [];
  return readdirSync(INSTANCES).filter((name) => readInstance(name) !== null);
}

export function writeInstance(instance: Instance): void {
  const file = fileOf(instance.name);
  writeFileSync(`${file}.new`, `${JSON.stringify(instance, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function zoneOf(instance: Instance, zone: string): LocalZone {
  const found = instance.zones.find((candidate) => candidate.zone === zone);
  if (found) return found;
  throw new Error(`there is no zone "${zone}"; the zones are ${instance.zones.map((z) => z.zone).join(', ')}`);
}

/** Where a copy's application is installed, on this machine. */
export function copyFolder(instance: Instance, zone: string, site: string): string {
  return join(zoneOf(instance, zone).agentDir, 'copies', site);
}

/** While this file is there, the supervisor leaves the program (or, by a zone's name, the zone's programs) down. */
export function downMarker(instance: Instance, programOrZone: string): string {
  return join(instance.folder, 'down', programOrZone);
}

export function pidFile(instance: Instance, program: string): string {
  return join(instance.folder, 'run', `${program}.pid`);
}

export function logFile(instance: Instance, program: string): string {
  return join(instance.folder, 'log', `${program}.log`);
}
