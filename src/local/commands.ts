/** What the command line does with the local platform: faults from a second terminal, and a site of one's own in the foreground. */
import { resolve } from 'node:path';
import { Trouble } from '../cli/trouble.ts';
import { cutZone, freezeZone, healZone, killZone } from './faults.ts';
import { defaultName, type Instance, readInstance, zoneOf } from './instance.ts';

export type ZoneVerb = 'kill' | 'freeze' | 'cut' | 'heal';

const VERBS: Record<ZoneVerb, { act: (instance: Instance, zone: string) => Promise<void>; done: string }> = {
  kill: { act: killZone, done: 'every process of it has ended' },
  freeze: { act: freezeZone, done: 'its processes stand still' },
  cut: { act: cutZone, done: 'every packet into and out of it is dropped' },
  heal: { act: healZone, done: 'it runs, with its network' },
};

/** Throws Trouble when no platform runs or the zone is unknown. */
export async function zoneFault(verb: ZoneVerb, zone: string, out: NodeJS.WritableStream): Promise<void> {
  const instance = runningInstance();
  try {
    zoneOf(instance, zone);
  } catch (error) {
    throw new Trouble((error as Error).message);
  }
  await VERBS[verb].act(instance, zone);
  out.write(`zone ${zone}: ${VERBS[verb].done}\n`);
  if (verb !== 'heal') out.write(`see what happens: npx holdfast watch    undo it: npx holdfast zone heal ${zone}\n`);
}

/** The running platform of this checkout; throws Trouble when there is none. */
export function runningInstance(): Instance {
  const instance = readInstance();
  if (instance) return instance;
  throw new Trouble(`No platform runs here (${defaultName()}): start one with \`npm start\`.`);
}

/** Runs the site of `file` on three local zones until it is told to stop. */
export async function devCommand(file: string, out: NodeJS.WriteStream): Promise<void> {
  const { runInForeground } = await import('./foreground.ts');
  process.exit(await runInForeground(resolve(file), out));
}
