/** The command lines and configuration files of everything that runs in the zones: etcd and Holdfast's own programs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { AGENT_NODE_FLAGS } from '../agent/node-flags.ts';
import type { agentConfig, controllerConfig, edgeConfig } from '../config/programs.ts';
import {
  CHECKOUT,
  ETCD_PEER_PORT,
  ETCD_PORT,
  type Instance,
  type LocalZone,
  logFile,
  STATUS_HOST,
} from './instance.ts';
import { practiceSocket } from './practice.ts';
import type { Program } from './supervisor.ts';

/** Seven programs start at once from the same sources: compiled ones load in half the time. */
const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(CHECKOUT, 'node_modules/.cache/compiled') };

/** Writes the configuration files and says what to start, etcd first. */
export function preparePrograms(
  instance: Instance,
  environment: Record<string, string> = {},
): { store: Program[]; holdfast: Program[] } {
  const holdfast = [
    ...instance.zones.flatMap((zone) => [controller(instance, zone), agent(instance, zone)]),
    edge(instance),
  ];
  return {
    store: instance.zones.map((zone) => etcdMember(instance, zone)),
    holdfast: holdfast.map((program) => ({
      ...program,
      environment: { ...program.environment, ...environment },
    })),
  };
}

const peerUrl = (zone: LocalZone) => `http://${zone.host}:${ETCD_PEER_PORT}`;

function etcdMember(instance: Instance, zone: LocalZone): Program {
  const name = `etcd-${zone.zone}`;
  const flags = {
    name: zone.zone,
    'data-dir': join(instance.folder, zone.zone, 'etcd'),
    'listen-client-urls': `http://${zone.host}:${ETCD_PORT}`,
    'advertise-client-urls': zone.etcd,
    'listen-peer-urls': peerUrl(zone),
    'initial-advertise-peer-urls': peerUrl(zone),
    'initial-cluster': instance.zones.map((member) => `${member.zone}=${peerUrl(member)}`).join(','),
    'initial-cluster-token': instance.id,
    'initial-cluster-state': 'new',
    'heartbeat-interval': '30',
    'election-timeout': '300',
    'snapshot-count': '10000',
    'quota-backend-bytes': String(256 * 1024 * 1024),
    'auto-compaction-mode': 'revision',
    'auto-compaction-retention': '1000',
    logger: 'zap',
    'log-outputs': logFile(instance, name),
  };
  const command = ['etcd', '--pre-vote', ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])];
  return { name, zone: zone.zone, group: zone.group, command, environment: {} };
}

/** The own zone's member stands first: it is the one that answers soonest, and dies together with its reader. */
function endpointsFrom(instance: Instance, zone: LocalZone | null): string[] {
  return zone === null ? instance.endpoints : [zone.etcd, ...instance.endpoints.filter((url) => url !== zone.etcd)];
}

function controller(instance: Instance, zone: LocalZone): Program {
  const config: z.input<typeof controllerConfig> = {
    zone: zone.zone,
    listen: zone.controller,
    store: { endpoints: endpointsFrom(instance, zone) },
    clusterKeyFile: instance.clusterKeyFile,
    stateDir: join(instance.folder, zone.zone, 'controller'),
    practice: practiceSocket(instance),
  };
  return holdfastProgram(instance, 'controller', zone, config);
}

function agent(instance: Instance, zone: LocalZone): Program {
  const config: z.input<typeof agentConfig> = {
    zone: zone.zone,
    listen: zone.agent,
    address: zone.host,
    store: { endpoints: endpointsFrom(instance, zone) },
    clusterKeyFile: instance.clusterKeyFile,
    stateDir: zone.agentDir,
  };
  return holdfastProgram(instance, 'agent', zone, config);
}

function edge(instance: Instance): Program {
  const config: z.input<typeof edgeConfig> = {
    edge: instance.edge.edge,
    listen: instance.edge.listen,
    control: instance.edge.control,
    store: { endpoints: endpointsFrom(instance, null) },
    clusterKeyFile: instance.clusterKeyFile,
    stateDir: instance.edge.edgeDir,
    statusHosts: [STATUS_HOST],
  };
  return holdfastProgram(instance, 'edge', null, config);
}

function holdfastProgram(instance: Instance, kind: string, zone: LocalZone | null, config: object): Program {
  const name = zone === null ? kind : `${kind}-${zone.zone}`;
  const folder = join(instance.folder, 'config');
  const file = join(folder, `${name}.yaml`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, stringify(config));
  return {
    name,
    zone: zone?.zone ?? null,
    group: zone?.group ?? instance.edge.group,
    command: [
      process.execPath,
      ...(kind === 'agent' ? AGENT_NODE_FLAGS : []),
      join(CHECKOUT, 'src/cli/main.ts'),
      kind,
      '--config',
      file,
    ],
    environment: { ...COMPILE_CACHE, ...(process.env.HOLDFAST_LOG ? { HOLDFAST_LOG: process.env.HOLDFAST_LOG } : {}) },
  };
}
