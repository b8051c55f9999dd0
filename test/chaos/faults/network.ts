/** Faults of the network that are less than a zone's. */
import { cutEdge, cutLink, cutStore, loseOnLink, type Mend, slowLink } from '../../../src/local/faults-network.ts';
import type { Instance } from '../../../src/local/instance.ts';
import { type FaultKind, zoneOfRole } from './types.ts';

function ofZone(
  weight: number,
  break_: (instance: Instance, zone: string, amount: number) => Promise<Mend>,
  detail: (amount: number) => string = () => '',
): FaultKind {
  return {
    size: 'part',
    weight,
    async inject(stage, { who, amount }) {
      const zone = zoneOfRole(stage, who);
      if (zone === null) return null;
      return { to: `${who} ${zone}`, detail: detail(amount), mend: await break_(stage.instance, zone, amount) };
    },
  };
}

const loss = (amount: number) => 0.05 + 0.45 * amount;
const kbit = (amount: number) => Math.round(256 * 32 ** amount);

export const NETWORK_FAULTS = {
  'link-cut': {
    size: 'part',
    weight: 4,
    async inject(stage, { who, other }) {
      const zones = [zoneOfRole(stage, who), zoneOfRole(stage, other ?? 'standby')];
      const [one, two] = zones;
      if (!one || !two || one === two) return null;
      return { to: `${who} ${one} – ${other} ${two}`, detail: '', mend: await cutLink(stage.instance, one, two) };
    },
  },
  'store-cut': ofZone(2, cutStore),
  'edge-cut': ofZone(2, cutEdge),
  'link-lossy': ofZone(
    2,
    (instance, zone, amount) => loseOnLink(instance, zone, loss(amount)),
    (amount) => `${Math.round(100 * loss(amount))} % of packets lost each way`,
  ),
  'link-slow': ofZone(
    2,
    (instance, zone, amount) => slowLink(instance, zone, kbit(amount), 400),
    (amount) => `${kbit(amount)} kbit/s out, up to 400 ms`,
  ),
} satisfies Record<string, FaultKind>;
