/** Finds the processes of one copy from outside, without trusting anything that its agent wrote: by the folders they work in. */
import { pidsOf } from './group.ts';
import { copyFolder, type Instance, zoneOf } from './instance.ts';
import { commandLineOf, environmentOf, parentOf, programOf, workingDirectoryOf } from './proc.ts';

const DATABASE_PROGRAMS = ['mariadbd', 'mysqld'];

export function databasePids(instance: Instance, zone: string, site: string): number[] {
  return copyPids(instance, zone, site).filter((pid) => DATABASE_PROGRAMS.includes(programOf(pid)));
}

/** Every process that works in the copy's application folder, and all that these have started. */
export function applicationPids(instance: Instance, zone: string, site: string): number[] {
  const folder = `${copyFolder(instance, zone, site)}/app`;
  const roots = copyPids(instance, zone, site).filter(
    (pid) => !DATABASE_PROGRAMS.includes(programOf(pid)) && worksIn(pid, folder),
  );
  return withDescendants(roots, pidsOf(zoneOf(instance, zone).group));
}

function copyPids(instance: Instance, zone: string, site: string): number[] {
  const folder = copyFolder(instance, zone, site);
  return pidsOf(zoneOf(instance, zone).group).filter((pid) => worksIn(pid, folder));
}

function worksIn(pid: number, folder: string): boolean {
  const directory = workingDirectoryOf(pid);
  if (directory === folder || directory.startsWith(`${folder}/`)) return true;
  const inside = `${folder}/`;
  return commandLineOf(pid).includes(inside) || environmentOf(pid).some((variable) => variable.includes(inside));
}

function withDescendants(roots: number[], all: number[]): number[] {
  const found = new Set(roots);
  for (let grown = true; grown; ) {
    const more = all.filter((pid) => !found.has(pid) && found.has(parentOf(pid)));
    for (const pid of more) found.add(pid);
    grown = more.length > 0;
  }
  return [...found];
}
