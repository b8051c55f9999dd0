/** Faults that take a whole zone, or everything. */
import { cutZone, freezeZone, healZone, killZone } from '../../../src/local/faults.ts';
import { cutOneWay } from '../../../src/local/faults-network.ts';
import { killEverything, startEverything } from '../../../src/local/faults-parts.ts';
import type { Instance } from '../../../src/local/instance.ts';
import { type FaultKind, zoneOfRole } from './types.ts';

function ofZone(
  weight: number,
  break_: (instance: Instance, zone: string) => Promise<(() => Promise<void>) | void>,
): FaultKind {
  return {
    size: 'zone',
    weight,
    async inject(stage, plan) {
      const zone = zoneOfRole(stage, plan.who);
      if (zone === null) return null;
      const mend = await break_(stage.instance, zone);
      return { to: `${plan.who} ${zone}`, detail: '', mend: mend ?? (() => healZone(stage.instance, zone)) };
    },
  };
}

export const ZONE_FAULTS = {
  'zone-kill': ofZone(3, killZone),
  'zone-freeze': ofZone(3, freezeZone),
  'zone-cut': ofZone(3, cutZone),
  'zone-deaf': ofZone(1, (instance, zone) => cutOneWay(instance, zone, 'in')),
  'zone-mute': ofZone(1, (instance, zone) => cutOneWay(instance, zone, 'out')),
  everything: {
    size: 'all',
    weight: 1,
    async inject({ instance }) {
      await killEverything(instance);
      return { to: 'all zones and the edge', detail: '', mend: async () => startEverything(instance) };
    },
  },
} satisfies Record<string, FaultKind>;
