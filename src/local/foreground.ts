/** Brings a site up on three zones, says where it is and what to try, and shows every change until it is told to stop. */
import pc from 'picocolors';
import { accessTo } from '../cli/access.ts';
import type { SignInLink } from '../cli/commands/sign-in.ts';
import { tellControllers } from '../cli/tell-controllers.ts';
import type { SiteStatus, StatusView } from '../model/index.ts';
import { systemClock } from '../platform/clock.ts';
import { type Front, startFront } from './front.ts';
import { STATUS_HOST } from './instance.ts';
import { freePort } from './layout.ts';
import { type Platform, startPlatform } from './platform.ts';
import { createProgress, type Progress } from './progress.ts';
import { readSite, statusOf } from './sites.ts';

const LOOK_EVERY_MS = 300;
const PARENT_LOOK_MS = 500;
const FIRST_CONSOLE_PORT = 8490;

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
  const { controllers } = platform.instance;
  const front = await startFront(controllers, await freePort(FIRST_CONSOLE_PORT), systemClock);
  await introduce(platform, front, out);
  const stopShowing = showChanges(platform, progress);
  const reason = await told;
  stopShowing();
  await progress.step(`${reason}: taking everything down`, async () => {
    await front.stop();
    await platform.stop();
  });
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

async function introduce(platform: Platform, front: Front, out: NodeJS.WriteStream): Promise<void> {
  const { instance } = platform;
  const view = await statusOf(instance);
  const signIn = await signInLink(platform, front).catch(() => 'npx holdfast sign-in makes it');
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
      `  The console: ${pc.bold(`http://${front.address}/console/`)}, whichever zone is lost. This link signs you in, once:`,
      `    ${signIn}`,
      `  The status page: ${pc.bold(`http://${STATUS_HOST}:${port}/`)}, which the edge serves also when every zone is lost.`,
      '',
      '  Try, in a second terminal in this folder:',
      `    npx holdfast zone kill ${view.sites[0]?.live ?? 'a'}     the zone that serves dies; reload the page (in the console: Practise)`,
      '    npx holdfast status          who is live, protected or exposed',
      '    npx holdfast watch           the same, as it changes',
      '    npx holdfast incidents       what happened, and why',
      '    npx holdfast sign-in         another link to the console',
      `    npx holdfast zone heal ${view.sites[0]?.live ?? 'a'}     the zone returns`,
      '',
      `  Logs and data: ${instance.folder}    Ctrl-C takes everything down.`,
      '',
    ].join('\n')}\n`,
  );
}

/** Good for a quarter of an hour, and once. */
async function signInLink({ instance }: Platform, { address }: Front): Promise<string> {
  const access = accessTo(instance);
  const { path } = await tellControllers<SignInLink>(access, '/sign-in-links', { name: access.by, role: 'admin' });
  return `http://${address}${path}`;
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
