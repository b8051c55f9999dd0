/** Faults of the network that are less than a whole zone's: one way, one link, the store only, the edge only, slow, lossy. */
import { type Instance, zoneOf } from './instance.ts';
import { namespaceFile } from './network.ts';
import { run, runQuietly } from './run.ts';

/** Undoes one fault of the network and leaves the others as they are. */
export type Mend = () => Promise<void>;

const CLIENT_PORT = 2379;
const PEER_PORT = 2380;
const DROP = ['-j', 'DROP'];

/** Nothing comes into the zone (`in`), or nothing leaves it (`out`). */
export function cutOneWay(instance: Instance, zone: string, way: 'in' | 'out'): Promise<Mend> {
  const rule = way === 'in' ? ['INPUT', '!', '-i', 'lo', ...DROP] : ['OUTPUT', '!', '-o', 'lo', ...DROP];
  return addRules(instance, zone, [rule]);
}

/** Two zones do not hear each other; both hear everybody else. */
export function cutLink(instance: Instance, zone: string, other: string): Promise<Mend> {
  return cutFrom(instance, zone, zoneOf(instance, other).host);
}

/** The zone and the edge do not hear each other. */
export function cutEdge(instance: Instance, zone: string): Promise<Mend> {
  return cutFrom(instance, zone, instance.network.address);
}

/** Nobody in the zone reaches the store's members in other zones; its own member is without a majority. */
export function cutStore(instance: Instance, zone: string): Promise<Mend> {
  const ports = ['-p', 'tcp', '-m', 'multiport', '--ports', `${CLIENT_PORT},${PEER_PORT}`];
  return addRules(instance, zone, [
    ['INPUT', '!', '-i', 'lo', ...ports, ...DROP],
    ['OUTPUT', '!', '-o', 'lo', ...ports, ...DROP],
  ]);
}

/** Each packet into and out of the zone is lost with this probability. */
export function loseOnLink(instance: Instance, zone: string, probability: number): Promise<Mend> {
  const sometimes = ['-m', 'statistic', '--mode', 'random', '--probability', probability.toFixed(3)];
  return addRules(instance, zone, [
    ['INPUT', '!', '-i', 'lo', ...sometimes, ...DROP],
    ['OUTPUT', '!', '-o', 'lo', ...sometimes, ...DROP],
  ]);
}

/** What leaves the zone is queued behind a narrow pipe: little room, and up to `latencyMs` of waiting in it. */
export async function slowLink(
  instance: Instance,
  zone: string,
  kbitPerSecond: number,
  latencyMs: number,
): Promise<Mend> {
  const { namespace } = zoneOf(instance, zone);
  const rate = ['rate', `${kbitPerSecond}kbit`, 'burst', '16kb', 'latency', `${latencyMs}ms`];
  await run('tc', ['-n', namespace, 'qdisc', 'replace', 'dev', 'eth0', 'root', 'tbf', ...rate]);
  return async () => {
    await runQuietly('tc', ['-n', namespace, 'qdisc', 'delete', 'dev', 'eth0', 'root']);
  };
}

/** Takes every rule of the zone's own network away, whoever made it. */
export async function mendAll(instance: Instance, zone: string): Promise<void> {
  const { namespace } = zoneOf(instance, zone);
  for (const chain of ['INPUT', 'OUTPUT']) {
    await runQuietly('nsenter', inside(namespace, ['-F', chain]));
  }
  await runQuietly('tc', ['-n', namespace, 'qdisc', 'delete', 'dev', 'eth0', 'root']);
}

function cutFrom(instance: Instance, zone: string, address: string): Promise<Mend> {
  return addRules(instance, zone, [
    ['INPUT', '-s', address, ...DROP],
    ['OUTPUT', '-d', address, ...DROP],
  ]);
}

async function addRules(instance: Instance, zone: string, rules: string[][]): Promise<Mend> {
  const { namespace } = zoneOf(instance, zone);
  const mend = async () => {
    for (const rule of rules) await runQuietly('nsenter', inside(namespace, ['-D', ...rule]));
  };
  try {
    for (const rule of rules) await run('nsenter', inside(namespace, ['-I', ...rule]));
  } catch (error) {
    await mend();
    throw error;
  }
  return mend;
}

function inside(namespace: string, words: string[]): string[] {
  return [`--net=${namespaceFile(namespace)}`, 'iptables', '-w', '5', ...words];
}
