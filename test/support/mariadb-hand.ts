/** Plays the controller by hand for the database tests: holds one placement and hands every zone the goal that follows from it. */
import { donorsFor } from '../../src/agent/mariadb/build-donors.ts';
import type { DatabaseGoal } from '../../src/agent/mariadb/goal.ts';
import { firstPlacement, type Placement, roleOf, sourceOf } from '../../src/model/index.ts';
import type { TestZone, Zones } from './mariadb-zones.ts';

export interface Hand {
  placement(): Placement;
  zone(name: string): TestZone;
  /** Commits the next epoch and tells the given zones (all of them when left out). */
  commit(change: Partial<Placement>, tell?: string[]): Promise<void>;
  tell(names: string[], fresh?: boolean): Promise<void>;
  goalFor(name: string): DatabaseGoal;
  create(): Promise<void>;
  /** Makes `standby` the in-sync standby and returns when it is. */
  protect(standby: string): Promise<void>;
  /** Fails over to the standby; answers with the milliseconds until it was writable. */
  failOver(): Promise<number>;
}

export function createHand(zones: Zones): Hand {
  let placement = firstPlacement(zones.site, zones.zones[0]!.zone, 0);
  const zone = (name: string) => zones.zones.find((one) => one.zone === name)!;
  const reachable = () => zones.zones.map((one) => one.zone);

  const goalFor = (name: string): DatabaseGoal => {
    const { epoch, standby, inSync, promotion } = placement;
    const role = roleOf(placement, name);
    if (role === 'none') return { role, epoch };
    if (role === 'live') return { role, epoch, standby, inSync, promotion, mayCreate: !placement.initialised };
    const donors = donorsFor(placement, name).map((one) => zone(one).source);
    return { role, epoch, promotion, source: zone(sourceOf(placement, name)!).source, donors };
  };

  const tell = async (names: string[], fresh = true) => {
    await Promise.all(names.map((name) => zone(name).pursue(goalFor(name), fresh)));
  };

  const commit = async (change: Partial<Placement>, names = reachable()) => {
    placement = { ...placement, ...change, epoch: placement.epoch + 1 };
    await tell(names);
  };

  return {
    placement: () => placement,
    zone,
    commit,
    tell,
    goalFor,
    async create() {
      const live = zone(placement.live);
      await live.pursue(goalFor(live.zone));
      await live.until('created and live', (now) => now.promoted?.epoch === 1 && now.settledEpoch === 1, 45_000);
      await commit({ initialised: true, promotion: { ...placement.promotion, position: '', open: true } });
    },
    async protect(standby) {
      const spares = placement.spares.filter((one) => one !== standby);
      await commit({ standby, inSync: false, spares }, [placement.live, standby, ...spares]);
      const live = zone(placement.live);
      const gated = await live.until('waiting', (now) => now.report.waitsFor === standby, 30_000);
      const target = sequence(gated.report.gatePosition!);
      await zone(standby).until(
        'acknowledging',
        ({ report }) => report.acknowledges && sequence(report.receivedPosition) >= target,
      );
      await commit({ inSync: true }, [placement.live, standby, ...spares]);
    },
    async failOver() {
      const { live, standby } = placement;
      placement = {
        ...placement,
        epoch: placement.epoch + 1,
        live: standby!,
        standby: null,
        inSync: false,
        promotion: { epoch: placement.epoch + 1, from: live, position: null, open: false, acceptedLoss: null },
      };
      const tookMs = await zone(standby!).promote(goalFor(standby!));
      const { promoted } = await zone(standby!).status();
      await commit({ promotion: { ...placement.promotion, position: promoted!.position, open: true } }, [
        standby!,
        ...placement.spares,
      ]);
      return tookMs;
    },
  };
}

export function sequence(position: string): number {
  return Number(position.split('-')[2] ?? 0);
}
