/** Everything that an instance of the local platform could leave behind on this machine. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pidsOf } from '../../src/local/group.ts';
import type { Instance } from '../../src/local/instance.ts';
import { allPids, commandLineOf } from '../../src/local/proc.ts';

/** One line for each thing found; empty when nothing is left. */
export function tracesOf(instance: Instance): string[] {
  const links = execFileSync('ip', ['-br', 'link'], { encoding: 'utf8' }).split('\n');
  const namespaces = execFileSync('ip', ['netns'], { encoding: 'utf8' }).split('\n');
  const groups = [instance.edge.group, ...instance.zones.map((zone) => zone.group)];
  return [
    ...[...links, ...namespaces].filter((line) => line.startsWith(`hf-${instance.id}`)),
    ...groups.flatMap((group) => pidsOf(group).map((pid) => `process ${pid}: ${commandLineOf(pid)}`)),
    ...allPids()
      .map((pid) => commandLineOf(pid))
      .filter((line) => line.includes(`${instance.folder}/`) || line.endsWith(`reaper.ts ${instance.name}`)),
    ...[instance.folder, instance.cgroup ?? ''].filter((path) => path !== '' && existsSync(path)),
  ];
}
