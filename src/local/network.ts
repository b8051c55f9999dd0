/** The zones' network: a bridge in the root namespace and one network namespace per zone, with a /24 of the instance's own. */
import { run, runQuietly } from './run.ts';

export interface ZoneNetwork {
  zone: string;
  /** Name for `ip netns exec`. */
  namespace: string;
  /** The root namespace's end of the zone's cable. */
  cable: string;
  /** The zone's address. */
  host: string;
}

export interface NetworkPlan {
  bridge: string;
  /** The root namespace's address on the bridge, where the edge is reached by the zones. */
  address: string;
  zones: ZoneNetwork[];
}

/** Names and addresses for an instance. `prefix` is `10.x.y`; names stay within the kernel's 15 characters. */
export function planNetwork(id: string, prefix: string, zones: string[]): NetworkPlan {
  return {
    bridge: `hf-${id}`,
    address: `${prefix}.1`,
    zones: zones.map((zone, index) => ({
      zone,
      namespace: `hf-${id}-${zone}`,
      cable: `hf-${id}-${index + 1}`,
      host: `${prefix}.${11 + index}`,
    })),
  };
}

export const namespaceFile = (namespace: string) => `/run/netns/${namespace}`;

/** A `10.x.y` that no route of this machine covers, beginning the search at a place derived from `id`. */
export async function freePrefix(id: string): Promise<string> {
  const routes = JSON.parse(await run('ip', ['-j', '-4', 'route', 'show', 'table', 'all'])) as { dst?: string }[];
  const taken = routes.map((route) => route.dst ?? '').filter((dst) => dst.startsWith('10.'));
  const start = Number.parseInt(id.slice(0, 4), 16);
  for (let step = 0; step < 65_536; step += 1) {
    const number = (start + step) % 65_536;
    const prefix = `10.${number >> 8}.${number & 255}`;
    if (!taken.some((dst) => covers(dst, prefix))) return prefix;
  }
  throw new Error('every 10.x.y.0/24 is in use by a route of this machine');
}

/** Whether a route's destination (`10.1.0.0/16`, `10.1.2.3`) shares addresses with `prefix`.0/24. */
export function covers(destination: string, prefix: string): boolean {
  const [address = '', length = '32'] = destination.split('/');
  const bits = Math.min(Number(length), 24);
  const mask = bits === 0 ? 0 : (~0 << (32 - bits)) >>> 0;
  return (toNumber(address) & mask) >>> 0 === (toNumber(`${prefix}.0`) & mask) >>> 0;
}

function toNumber(address: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

export async function createNetwork(plan: NetworkPlan): Promise<void> {
  const { bridge } = plan;
  await run('ip', ['-batch', '-'], {
    input: [
      `link add ${bridge} type bridge stp_state 0 forward_delay 0`,
      `address add ${plan.address}/24 dev ${bridge}`,
      `link set ${bridge} up`,
      ...plan.zones.flatMap((zone) => [
        `netns add ${zone.namespace}`,
        `link add ${zone.cable} type veth peer name eth0 netns ${zone.namespace}`,
        `link set ${zone.cable} master ${bridge} up`,
      ]),
    ].join('\n'),
  });
  for (const zone of plan.zones) {
    await run('ip', ['-n', zone.namespace, '-batch', '-'], {
      input: ['link set lo up', `address add ${zone.host}/24 dev eth0`, 'link set eth0 up'].join('\n'),
    });
  }
}

/** Removes whatever of the network is there; safe to repeat. */
export async function removeNetwork(plan: NetworkPlan): Promise<void> {
  for (const zone of plan.zones) {
    await runQuietly('ip', ['link', 'delete', zone.cable]);
    await runQuietly('ip', ['netns', 'delete', zone.namespace]);
  }
  await runQuietly('ip', ['link', 'delete', plan.bridge]);
}

const CHAINS = ['INPUT ! -i lo', 'OUTPUT ! -o lo'];

/** Drops every packet of the zone in silence, both ways; what happens inside the zone goes on. */
export async function cutNetwork(namespace: string): Promise<void> {
  await mendNetwork(namespace);
  for (const chain of CHAINS) await run('nsenter', iptables(namespace, '-I', chain));
}

export async function mendNetwork(namespace: string): Promise<void> {
  for (const chain of CHAINS) {
    for (let turn = 0; turn < 5; turn++) if (!(await runQuietly('nsenter', iptables(namespace, '-D', chain)))) break;
  }
}

function iptables(namespace: string, verb: '-I' | '-D', chain: string): string[] {
  const [name = '', ...match] = chain.split(' ');
  return [`--net=${namespaceFile(namespace)}`, 'iptables', '-w', '5', verb, name, ...match, '-j', 'DROP'];
}
