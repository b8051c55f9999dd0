/** Clears away a copy that nobody can bring up to date: everything in it is proved to be part of the live copy's history. */
import { rename, rm } from 'node:fs/promises';
import { type Context, type ReplicaGoal, Superseded } from './context.ts';
import { syncFolder } from './files.ts';

export async function discard(context: Context, _goal: ReplicaGoal): Promise<string> {
  const { options, paths, server, memory, admin } = context;
  const because = memory.outdated;
  if (because === null) throw new Superseded();
  admin.close();
  await server.kill();
  const gone = `${paths.data}.outdated`;
  await rm(gone, { recursive: true, force: true });
  await rename(paths.data, gone);
  await syncFolder(options.folder);
  await memory.saveKeepsTail(false);
  memory.outdated = null;
  await memory.refreshKept();
  await context.dataChanged();
  await rm(gone, { recursive: true, force: true });
  return `to be built anew, since all that it held is in the live copy: ${because}`;
}
