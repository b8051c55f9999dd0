/** `holdfast evacuate ZONE` and `return ZONE`: every site out of a zone, and home again; followed until none is left to move. */
import type { Command } from 'commander';
import type { SiteStatus, StatusView } from '../../model/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { duration } from '../screens/words.ts';
import { tellControllers } from '../tell-controllers.ts';
import { askStatus } from './status.ts';

const LOOK_EVERY_MS = 500;
/** Nothing has moved for so long: what is left is said, and is carried on without anybody watching. */
const STANDSTILL_MS = 60_000;
/** One controller may have to look at ten thousand sites. */
const ANSWER_WITHIN_MS = 30_000;
const MOST_NAMED = 20;

interface Options extends AccessOptions {
  why?: string;
  wait: boolean;
  json?: boolean;
}

interface Answer {
  sentence: string;
  sites: string[];
  refused: { site: string; sentence: string; code: string }[];
}

export function registerEvacuate(program: Command): void {
  const command = (name: string, description: string) =>
    withAccess(program.command(name))
      .description(description)
      .argument('<zone>', 'its name, for example a')
      .option('--why <text>', 'stands in the record')
      .option('--by <name>', 'who asks (else your user name)')
      .option('--no-wait', 'only ask for it')
      .option('--json', 'one JSON object at the end');
  command('evacuate', 'move every site out of a zone, and keep it empty until it is given back').action(
    (zone: string, options: Options) => run('evacuate', zone, options),
  );
  command('return', 'give an evacuated zone back, and move home what was taken out of it').action(
    (zone: string, options: Options) => run('return', zone, options),
  );
}

async function run(verb: 'evacuate' | 'return', zone: string, options: Options): Promise<void> {
  const access = await knownAccess(options);
  const say = (line: string) => void (options.json || process.stdout.write(`${line}\n`));
  const body = { why: options.why ?? '' };
  const path = `/zones/${encodeURIComponent(zone)}/${verb}`;
  const answer = await tellControllers<Answer>(access, path, body, { limitMs: ANSWER_WITHIN_MS });
  say(answer.sentence);
  const isLeft = verb === 'evacuate' ? staysIn(zone) : goesTo(zone);
  const left = options.wait ? await follow(access, answer.sites, isLeft, say) : [];
  const refused = [...answer.refused.map(({ site, sentence }) => ({ site, sentence })), ...left.map(whyLeft)];
  for (const { site, sentence } of refused.slice(0, MOST_NAMED)) say(`  ${site}: ${sentence}`);
  if (refused.length > MOST_NAMED) say(`  and ${refused.length - MOST_NAMED} more; holdfast status has them all`);
  if (refused.length > 0) say(advice(verb, zone));
  if (options.json) process.stdout.write(`${JSON.stringify({ ...answer, left: refused })}\n`);
  process.exitCode = refused.length > 0 ? 5 : 0;
}

function advice(verb: 'evacuate' | 'return', zone: string): string {
  return verb === 'evacuate'
    ? `What is left moves as soon as it can; holdfast evacuate ${zone} shows how far it is.`
    : `Once that is over: holdfast return ${zone} orders the rest home.`;
}

const staysIn = (zone: string) => (site: SiteStatus) => site.live === zone || site.standby === zone || isBetween(site);
const goesTo = (zone: string) => (site: SiteStatus) => (site.live !== zone && site.order !== null) || isBetween(site);

/** Its visitors' writes wait: the copy that it has moved to does not take them yet. */
function isBetween({ phase }: SiteStatus): boolean {
  return phase === 'promoting' || phase === 'opening';
}

/** Until none is left, or nothing has changed for long. Answers those that are left. */
async function follow(
  access: Access,
  concerned: string[],
  isLeft: (site: SiteStatus) => boolean,
  say: (line: string) => void,
): Promise<SiteStatus[]> {
  const started = systemClock.mono();
  const all = new Set(concerned);
  let [last, changedAt] = ['', started];
  let left: SiteStatus[] = [];
  for (;;) {
    const view = await askStatus(access).catch(() => null);
    if (view !== null) left = sitesOf(view.body, all).filter(isLeft);
    const words = `${all.size - left.length} of ${all.size} sites done`;
    const now = systemClock.mono();
    if (view !== null && words !== last) {
      say(`  ${duration(now - started).padStart(6)}  ${words}`);
      [last, changedAt] = [words, now];
    }
    if (view !== null && left.length === 0) return [];
    if (now - changedAt > STANDSTILL_MS) return left;
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

function sitesOf({ sites }: StatusView, concerned: ReadonlySet<string>): SiteStatus[] {
  return sites.filter(({ site }) => concerned.has(site));
}

function whyLeft({ site, refusal, order, live, standby }: SiteStatus): { site: string; sentence: string } {
  const sentence = refusal?.sentence ?? order?.waitsFor ?? `live in ${live}, standby in ${standby ?? 'no zone'}`;
  return { site, sentence };
}
