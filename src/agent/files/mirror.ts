/**
 * Keeps a copy's visitor files like those of the live zone, by pulling. Nothing is ever deleted here: an upload may exist in
 * this zone only. What a pull overwrites is kept aside.
 */
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Placement, roleOf, type ZoneId, type ZoneRecord } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { readJson, writeWhole } from '../../platform/files.ts';
import type { Log } from '../../platform/log.ts';
import type { UserIds } from '../../platform/users.ts';
import { inside, makeFileFolders } from '../app/install.ts';
import type { ApplicationPlan } from '../app/plan.ts';
import { moduleName } from './module.ts';
import { type PullOptions, pull } from './pull.ts';

export interface MirrorOptions {
  clock: Clock;
  log: Log;
  zone: ZoneId;
  clusterKey: string;
  user: UserIds | null;
  /** `${stateDir}/copies/SITE`. */
  folder: string;
  /** How one folder is fetched; replaced in tests. True when it succeeded. */
  fetch?: (options: PullOptions) => Promise<boolean>;
}

export interface Mirror {
  /** Sets what is known now; a loop of its own does the pulling. */
  pursue(plan: ApplicationPlan, placement: Placement, zones: ReadonlyMap<ZoneId, ZoneRecord>): void;
  stop(): void;
}

const EVERY_MS = 5_000;

export type Errand =
  | { kind: 'follow'; from: ZoneId }
  /** The zone that was live before is back: what only it has is fetched once, nothing that is here is touched. */
  | { kind: 'recover'; from: ZoneId; epoch: number }
  | null;

/** What the copy in `zone` has to fetch now. `recoveredEpoch`: the newest promotion whose old live zone was asked already. */
export function errandOf(placement: Placement, zone: ZoneId, recoveredEpoch: number): Errand {
  const role = roleOf(placement, zone);
  if (role === 'standby' || role === 'spare') return { kind: 'follow', from: placement.live };
  const { epoch, from } = placement.promotion;
  if (role !== 'live' || from === null || epoch <= recoveredEpoch) return null;
  return roleOf(placement, from) === 'none' ? null : { kind: 'recover', from, epoch };
}

export function createMirror(options: MirrorOptions): Mirror {
  const { clock, log, zone, folder, user } = options;
  const fetch = options.fetch ?? pull;
  const marker = join(folder, 'agent', 'files-recovered.json');
  const kept = join(folder, 'files-kept');
  const ended = new AbortController();
  let recoveredEpoch = Number((readJson(marker) as { epoch?: unknown } | null)?.epoch ?? 0);
  let now: { plan: ApplicationPlan; placement: Placement; zones: ReadonlyMap<ZoneId, ZoneRecord> } | null = null;
  let failing = false;

  const fetchAll = async (errand: NonNullable<Errand>): Promise<boolean> => {
    const { plan, placement, zones } = now!;
    let well = true;
    for (const name of plan.files) {
      const agent = zones.get(errand.from)?.agent ?? null;
      const module = moduleName(placement.site, name);
      const target = inside(plan.appFolder, name);
      const keep = errand.kind === 'follow' ? { overwrite: true, kept: join(kept, name) } : { overwrite: false, kept };
      const whence = { clock, clusterKey: options.clusterKey, module, signal: ended.signal };
      well &&= agent !== null && (await fetch({ ...whence, agent, target, user, ...keep }));
    }
    return well;
  };

  const turn = async () => {
    if (now === null || now.plan.files.length === 0 || ended.signal.aborted) return;
    const errand = errandOf(now.placement, zone, recoveredEpoch);
    if (errand === null) return;
    makeFileFolders(now.plan, user);
    if (!existsSync(kept)) {
      mkdirSync(kept, { mode: 0o700 });
      if (user !== null) chownSync(kept, user.uid, user.gid);
    }
    const well = await fetchAll(errand);
    if (!well && !failing) log.warn({ from: errand.from }, 'visitor files could not be fetched; tried again');
    failing = !well;
    if (!well || errand.kind !== 'recover') return;
    await writeWhole(marker, JSON.stringify({ epoch: errand.epoch }));
    recoveredEpoch = errand.epoch;
    log.info({ from: errand.from }, 'fetched what only the zone that was live before had');
  };

  const stopTurns = clock.every(EVERY_MS, () => turn().catch((error) => log.warn({ err: error }, 'file mirror')));
  return {
    pursue(plan, placement, zones) {
      now = { plan, placement, zones };
    },
    stop() {
      ended.abort();
      stopTurns();
    },
  };
}
