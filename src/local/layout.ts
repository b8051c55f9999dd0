/** Decides where everything of an instance is (names, addresses, ports, folders) before anything of it exists. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../platform/clock.ts';
import { cgroupBase, type GroupAddress } from './group.ts';
import {
  AGENT_PORT,
  CONTROLLER_PORT,
  EDGE_CONTROL_PORT,
  ETCD_PORT,
  folderOf,
  type Instance,
  idOf,
  type LocalZone,
} from './instance.ts';
import { freePrefix, namespaceFile, planNetwork, type ZoneNetwork } from './network.ts';
import { identityOf } from './proc.ts';

export const ZONES = ['a', 'b', 'c'];
const FIRST_EDGE_PORT = 8480;
const MOST_PORTS_TRIED = 200;

export interface LayoutOptions {
  name: string;
  siteFile: string | null;
  temporary: boolean;
  /** First port to try for visitors; the next free one is taken. */
  edgePort?: number;
}

export async function layOut(options: LayoutOptions): Promise<Instance> {
  const { name } = options;
  const id = idOf(name);
  const folder = folderOf(name);
  const cgroup = cgroupBase(id);
  const network = planNetwork(id, await freePrefix(id), ZONES);
  const groupOf = (member: string, file: string | null): GroupAddress => ({
    mark: `${id}/${member}`,
    cgroup: cgroup === null ? null : join(cgroup, member),
    namespaceFile: file,
  });
  const zones = network.zones.map((zone) => zoneAt(zone, folder, groupOf(zone.zone, namespaceFile(zone.namespace))));
  const keeper = identityOf(process.pid);
  if (keeper === null) throw new Error('this process is not in /proc');
  return {
    name,
    id,
    folder,
    siteFile: options.siteFile,
    startedAt: systemClock.wall(),
    keeper,
    cgroup,
    network,
    zones,
    edge: {
      edge: 'edge-1',
      group: groupOf('edge', null),
      listen: `127.0.0.1:${await freePort(options.edgePort ?? FIRST_EDGE_PORT)}`,
      control: `${network.address}:${EDGE_CONTROL_PORT}`,
      edgeDir: join(folder, 'edge'),
    },
    controllers: zones.map((zone) => zone.controller),
    endpoints: zones.map((zone) => zone.etcd),
    clusterKeyFile: join(folder, 'cluster.key'),
    programs: [...zones.flatMap(({ zone }) => [`etcd-${zone}`, `controller-${zone}`, `agent-${zone}`]), 'edge'],
    temporary: options.temporary,
  };
}

function zoneAt(zone: ZoneNetwork, folder: string, group: GroupAddress): LocalZone {
  return {
    ...zone,
    group,
    controller: `${zone.host}:${CONTROLLER_PORT}`,
    agent: `${zone.host}:${AGENT_PORT}`,
    etcd: `http://${zone.host}:${ETCD_PORT}`,
    agentDir: join(folder, zone.zone, 'agent'),
  };
}

/** The first port from `first` upwards that nobody listens on at 127.0.0.1. */
export async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + MOST_PORTS_TRIED; port++) if (await isFree(port)) return port;
  throw new Error(`no free port between ${first} and ${first + MOST_PORTS_TRIED - 1}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
