/** Keeps a data directory that diverged: it is moved, never deleted, since it may hold what exists nowhere else. */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Promotion } from '../../model/index.ts';
import type { Context, ReplicaGoal } from './context.ts';
import { syncFolder, writeDurably } from './files.ts';
import type { Why } from './salvage/manifest.ts';

export async function setAside(context: Context, goal: ReplicaGoal): Promise<string> {
  const { options, paths, server, clock, memory, admin } = context;
  admin.close();
  await server.kill();
  const time = new Date(clock.wall()).toISOString().replaceAll(':', '').replace('.', '');
  const folder = join(options.asideFolder, `${options.site}-${time}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const note: Why & { promotion: Promotion } = {
    site: options.site,
    zone: options.zone,
    epoch: goal.epoch,
    line: goal.promotion.position,
    promotion: goal.promotion,
    because: memory.diverged,
    at: clock.wall(),
  };
  await writeDurably(join(folder, 'why.json'), `${JSON.stringify(note, null, 2)}\n`);
  if (memory.kept()) await rename(paths.received, join(folder, 'received'));
  await rename(paths.data, join(folder, 'data'));
  await syncFolder(folder);
  await syncFolder(options.folder);
  await memory.saveKeepsTail(false);
  memory.diverged = null;
  await memory.refreshKept();
  await context.dataChanged();
  return `kept in ${folder}: ${note.because}`;
}
