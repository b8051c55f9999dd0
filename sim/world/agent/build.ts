/** Makes a new copy from what a donor's agent streams: complete, or not there at all. The counterpart of src/agent/mariadb/build.ts. */
import { type BuildProgress, type Context, type ReplicaGoal, Superseded } from '../../../src/agent/mariadb/context.ts';
import type { ZoneId } from '../../../src/model/index.ts';
import { backupOf, type DataDir } from '../database/data-dir.ts';
import type { ActionPlace } from './actions.ts';

/** The stream may pause this long before it counts as broken. */
const STALL_MS = 15_000;
const BYTES_PER_MS = 85_000;

export async function build(place: ActionPlace, context: Context, goal: ReplicaGoal) {
  const { world, site, zone, disk } = place;
  const { clock } = context;
  const from = goal.source.zone;
  const progress: BuildProgress = {
    from,
    receivedBytes: 0,
    totalBytes: null,
    startedAt: clock.mono(),
    bytesPerSecond: null,
    stage: 'copying',
    attempts: 1,
    throttled: false,
  };
  context.setBuild(progress);
  try {
    await clock.sleep(world.random.between(30, 120));
    const donor = world.backups.open(site, from, zone);
    try {
      await receive(place, context, from, progress, donor);
      const backup = backupOf(donor.dir());
      await clock.sleep(world.random.between(80, 500));
      place.during();
      await clock.sleep(0);
      if (!context.current()) throw new Superseded();
      if (disk.dir !== null) throw new Error('there is a data directory already');
      disk.dir = backup;
    } finally {
      donor.close();
    }
    await context.dataChanged();
    return `built from ${from}`;
  } finally {
    context.setBuild(null);
  }
}

/** What a donor's agent streams: usable as long as its server and its agent live and the way is open. */
export interface Donor {
  /** `gone`: the connection broke. `silent`: nothing comes just now. */
  state(): 'flowing' | 'silent' | 'gone';
  dir(): DataDir;
  close(): void;
}

async function receive(
  { world }: ActionPlace,
  context: Context,
  from: ZoneId,
  progress: { receivedBytes: number; totalBytes: number | null },
  donor: Donor,
): Promise<void> {
  const { clock, signal } = context;
  let leftMs = world.random.between(300, 1_800);
  progress.totalBytes = Math.round(leftMs * BYTES_PER_MS);
  let stalledMs = 0;
  while (leftMs > 0) {
    if (signal.aborted) throw new Superseded();
    const state = donor.state();
    if (state === 'gone') throw new Error(`the backup from ${from} broke off`);
    const stepMs = Math.min(100, leftMs);
    await clock.sleep(stepMs, signal);
    stalledMs = state === 'silent' ? stalledMs + stepMs : 0;
    if (stalledMs > STALL_MS) throw new Error(`the backup stream paused for ${STALL_MS} ms`);
    if (state !== 'flowing') continue;
    leftMs -= stepMs;
    progress.receivedBytes += Math.round(stepMs * BYTES_PER_MS);
  }
}
