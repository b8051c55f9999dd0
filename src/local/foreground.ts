/** Brings a site up on three zones, says where it is and what to try, and shows every change until it is told to stop. */
import pc from 'picocolors';
import type { SiteStatus, StatusView } from '../model/index.ts';
import { systemClock } from '../platform/clock.ts';
import { type Platform, startPlatform } from './platform.ts';
import { createProgress, type Progress } from './progress.ts';
import { readSite, statusOf } from './sites.ts';

const LOOK_EVERY_MS = 300;
const PARENT_LOOK_MS = 500;

/** Resolves with the exit status. Nothing of the platform is left when it does. */
export async function runInForeground(siteFile: string, out: NodeJS.WriteStream): Promise<number> {
  try {
    readSite(siteFile);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
  const told = toldToStop();
  const progress = createProgress(out);
  const abort = new AbortController();
  void told.then((reason) => abort.abort(new Error(`stopped by ${reason} while it came up`)));
  const platform = await startPlatform({ siteFile, progress, signal: abort.signal }).catch((error: Error) => error);
  if (platform instanceof Error) {
    process.stderr.write(`\n${platform.message}\n`);
    return 1;
  }
  await introduce(platform, out);
  const stopShowing = showChanges(platform, progress);
  const reason = await told;
  stopShowing();
  await progress.step(`${reason}: taking everything down`, () => platform.stop());
  return 0;
}

/** Resolves with why: a signal, or because whoever started this process has gone. */
function toldToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    const launcher = process.ppid;
    systemClock.every(PARENT_LOOK_MS, () => {
      if (process.ppid !== launcher) resolve('the starting process has gone');
    });
  });
}

async function introduce({ instance }: Platform, out: NodeJS.WriteStream): Promise<void> {
  const view = await statusOf(instance);
  const port = instance.edge.listen.split(':')[1];
  const lines = view.sites.flatMap((site) => [
    '',
    `  ${pc.bold(`http://${site.hosts[0]}:${port}/`)}`,
    `  ${site.site} is ${protection(site)}: ${places(site)}`,
  ]);
  out.write(
    `${[
      ...lines,
      '',
      '  Try, in a second terminal in this folder:',
      `    npx holdfast zone kill ${view.sites[0]?.live ?? 'a'}     the zone that serves dies; reload the page`,
      '    npx holdfast status          who is live, protected or exposed',
      '    npx holdfast watch           the same, as it changes',
      '    npx holdfast incidents       what happened, and why',
      `    npx holdfast zone heal ${view.sites[0]?.live ?? 'a'}     the zone returns`,
      '',
      `  Logs and data: ${instance.folder}    Ctrl-C takes everything down.`,
      '',
    ].join('\n')}\n`,
  );
}

function showChanges({ instance }: Platform, progress: Progress): () => void {
  let shown = new Map<string, string>();
  return systemClock.every(LOOK_EVERY_MS, async () => {
    const view = await statusOf(instance).catch(() => null);
    if (view === null) return;
    const now = sentences(view);
    if (shown.size > 0) for (const [key, words] of now) if (shown.get(key) !== words) progress.say(words);
    shown = now;
  });
}

/** One sentence for each thing that may change. */
function sentences(view: StatusView): Map<string, string> {
  return new Map([
    ...view.zones.map((zone): [string, string] => [`zone ${zone.zone}`, `zone ${zone.zone} is ${zone.state}`]),
    ...view.sites.map((site): [string, string] => [
      `site ${site.site}`,
      `${site.site} is ${protection(site)}: ${places(site)}`,
    ]),
  ]);
}

function protection(site: SiteStatus): string {
  return site.protected ? pc.green('protected') : pc.yellow('exposed');
}

function places(site: SiteStatus): string {
  const standby = site.standby === null ? 'no standby' : `standby in ${site.standby}`;
  const spares = site.spares.length > 0 ? `, spare in ${site.spares.join(', ')}` : '';
  return `live in zone ${site.live}, ${standby}${spares}`;
}
