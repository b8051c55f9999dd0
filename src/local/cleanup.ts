/** Takes an instance down to the last trace. Safe to repeat, and to run over what a crash has left. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unmountBelow } from './disks.ts';
import { childrenOf, killGroup, removeCgroup, thawGroup } from './group.ts';
import type { Instance } from './instance.ts';
import { removeNetwork } from './network.ts';

/** Ends every process of the instance, then removes its cgroups, network, and either its whole folder or what names it as running. */
export async function cleanUp(instance: Instance): Promise<void> {
  const groups = [instance.edge.group, ...instance.zones.map((zone) => zone.group)];
  await Promise.all(groups.map((group) => killGroup(group)));
  for (const group of groups) thawGroup(group);
  if (instance.cgroup !== null) {
    for (const child of childrenOf(instance.cgroup)) await removeCgroup(child);
    await removeCgroup(instance.cgroup);
  }
  await removeNetwork(instance.network);
  await unmountBelow(instance.folder);
  if (instance.temporary) rmSync(instance.folder, { recursive: true, force: true });
  else {
    for (const name of ['instance.json', 'down', 'run']) remove(join(instance.folder, name));
    removeSockets(instance.folder);
  }
}

/** Databases and applications are killed, so nobody else takes their sockets away. */
function removeSockets(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSocket()) remove(join(entry.parentPath, entry.name));
  }
}

function remove(path: string): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true });
}
