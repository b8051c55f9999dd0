/** One site's copy in a zone, as its agent keeps it: the counterpart of src/agent/copy.ts, by the same pure rules. */
import { applicationWish, settledRole, toDatabaseGoal } from '../../../src/agent/goals.ts';
import type { DatabaseGoal } from '../../../src/agent/mariadb/goal.ts';
import {
  type ActionReport,
  type CopyReport,
  type Epoch,
  NO_AUXILIARIES,
  type Placement,
  roleOf,
  type SiteId,
  type ZoneId,
} from '../../../src/model/index.ts';
import type { View } from '../../../src/store/view.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { createSimDatabase } from './database.ts';
import { createSimSupervisor } from './supervisor.ts';

export interface SimCopy {
  look(): void;
  report(): CopyReport | null;
}

const TURN_MS = 100;
const ACTION_KEEP_MS = 60_000;

export function createSimCopy(world: World, process: Process, view: View, site: SiteId, zone: ZoneId): SimCopy {
  const { clock } = process;
  const { spec, slot } = view.sites.get(site)!;
  const disk = world.disk(site, zone);
  const database = createSimDatabase({ world, process, site, zone, zones: spec.zones, slot });
  const supervisor = createSimSupervisor(world, process, site, zone);
  let goal: DatabaseGoal | null = null;
  let goalOf: Placement | null = null;
  let pursued: Epoch = 0;
  let settingUp = false;

  const setUp = () => {
    if (disk.setUp || settingUp) return;
    settingUp = true;
    clock.after(world.random.between(100, 400), () => {
      settingUp = false;
      disk.setUp = true;
    });
  };

  const look = () => {
    const placement = view.placements.get(site);
    const record = view.sites.get(site);
    if (placement === undefined || record === undefined || placement.epoch < pursued) return;
    if (goal === null || placement !== goalOf) goal = toDatabaseGoal(placement, zone, view.zones, slot);
    if (goal !== null) {
      goalOf = placement;
      database.pursue(goal, view.fresh);
      pursued = goal.epoch;
    }
    const role = roleOf(placement, zone);
    const seen = database.state();
    const reigns = role === 'live' && seen.writable && database.settledEpoch() === placement.epoch && view.fresh;
    supervisor.pursue(applicationWish(role, seen.state, supervisor.runs()));
    if (reigns && !placement.initialised && database.created() && supervisor.started()) setUp();
  };
  clock.every(TURN_MS, look);

  return {
    look,
    report() {
      const placement = view.placements.get(site);
      if (placement === undefined) return null;
      const { epoch } = placement;
      const role = roleOf(placement, zone);
      const databaseSettled = pursued === epoch && database.settledEpoch() === epoch;
      return {
        site,
        epoch,
        settled: settledRole(role, databaseSettled, supervisor.stopped()),
        database: database.report(),
        application: supervisor.report(),
        promoted: role === 'live' ? database.promoted() : null,
        initialised: disk.setUp && database.created(),
        actions: recent(database.actions(), clock.wall()),
        ...NO_AUXILIARIES,
      };
    },
  };
}

function recent(actions: ActionReport[], wall: number): ActionReport[] {
  return actions.filter((action) => wall - (action.startedAt + action.tookMs) <= ACTION_KEEP_MS);
}
