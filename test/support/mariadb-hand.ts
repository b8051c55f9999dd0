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
  /**
   * Moves to the standby as a planned move does: the former live copy is a spare from the start. The position at which it was promoted is
   * told once `between` is done.
   */
  switchOver(between?: () => Promise<void>): Promise<void>;
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

  /** The standby becomes live; the others know of it once it is. */
  const promoteStandby = async (spares: string[], meanwhile: () => Promise<void>) => {
    const { live, standby } = placement;
    const epoch = placement.epoch + 1;
    placement = {
      ...placement,
      epoch,
      live: standby!,
      standby: null,
      inSync: false,
      spares,
      promotion: { epoch, from: live, position: null, open: false, acceptedLoss: null },
    };
    const [tookMs] = await Promise.all([zone(standby!).promote(goalFor(standby!)), meanwhile()]);
    const { promoted } = await zone(standby!).status();
    const promotion = { ...placement.promotion, position: promoted!.position, open: true };
    await commit({ promotion }, [standby!, ...spares]);
    return tookMs;
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
    failOver: () => promoteStandby(placement.spares, async () => {}),
    async switchOver(between = async () => {}) {
      const { live } = placement;
      await promoteStandby([...placement.spares, live], async () => {
        await tell([live]);
        await between();
      });
    },
  };
}

export function sequence(position: string): number {
  return Number(position.split('-')[2] ?? 0);
}
