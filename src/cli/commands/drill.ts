/** `holdfast drill SITE` practises a move away and home on the running system; `holdfast drills` tells how the past ones ended. */
import { type Command, Option } from 'commander';
import { DRILL_FAULTS, type DrillResult } from '../../model/index.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { askControllers } from '../controllers.ts';
import { askDrills, type DrillsView, followDrill } from '../follow-drill.ts';
import { type DrillRow, drillResultLines, drillTable } from '../screens/drills.ts';
import { paintFor } from '../screens/paint.ts';
import { tellControllers } from '../tell-controllers.ts';
import { Trouble } from '../trouble.ts';

interface Options extends AccessOptions {
  fault: string;
  stop?: boolean;
  wait: boolean;
  json?: boolean;
}

interface Answer {
  sentence: string;
  drill: { id: string } | null;
  record: string | null;
}

export function registerDrill(program: Command): void {
  withAccess(program.command('drill'))
    .description('practise on the running system: away from home by a fault, and back; pass or fail')
    .argument('<site>', 'the site')
    .addOption(new Option('--fault <fault>', 'what makes it leave').choices([...DRILL_FAULTS]).default('move'))
    .option('--by <name>', 'who asks (else your user name)')
    .option('--stop', 'stop the drill that is under way; the site goes home')
    .option('--no-wait', 'only begin it')
    .option('--json', 'one JSON object at the end')
    .action(run);
  withAccess(program.command('drills'))
    .description('how the past drills ended, with their figures')
    .argument('[site]', 'only of this site, all that are kept (else the newest of every site)')
    .option('--json', 'as JSON')
    .action(list);
}

async function run(site: string, options: Options): Promise<void> {
  const access = await knownAccess(options);
  const say = (line: string) => void (options.json || process.stdout.write(`${line}\n`));
  const path = `/sites/${encodeURIComponent(site)}/drill`;
  const answer = await tellControllers<Answer>(access, path, options.stop ? null : { fault: options.fault });
  say(answer.sentence);
  if (!options.wait || answer.drill === null) {
    if (options.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  const { id } = answer.drill;
  const end = await followDrill({ access, site, id, say });
  const result = end?.results.find((one) => one.id === id);
  if (end === null || result === undefined) {
    say('No controller answers any more. The drill is carried on by whichever is left; ask holdfast drills.');
    process.exitCode = 3;
    return;
  }
  for (const line of drillResultLines(site, result, end.results, paintFor(process.stdout))) say(line);
  if (answer.record !== null) say(`The whole of it: holdfast incident ${answer.record}`);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...result, record: answer.record })}\n`);
  process.exitCode = result.outcome === 'passed' || (options.stop && result.outcome === 'stopped') ? 0 : 5;
}

async function list(site: string | undefined, options: AccessOptions & { json?: boolean }): Promise<void> {
  const access = await knownAccess(options);
  const views = site === undefined ? await all(access) : [await one(access, site)];
  if (options.json) {
    process.stdout.write(`${JSON.stringify(views)}\n`);
    return;
  }
  for (const { site: name, drill } of views)
    if (drill !== null) process.stdout.write(`${name} practises now: ${drill.fault}, ${drill.stage} (${drill.id})\n`);
  const rows = views.flatMap(({ site: name, results }) =>
    rowsOf(name, site === undefined ? results.slice(-1) : results, results),
  );
  rows.sort((first, second) => second.result.startedAt - first.result.startedAt);
  process.stdout.write(
    rows.length === 0 ? 'No drill has ended yet.\n' : `${drillTable(rows, paintFor(process.stdout))}\n`,
  );
  for (const { site: name, result } of rows)
    for (const problem of result.problems) process.stdout.write(`  ${name}, ${result.id}: ${problem}\n`);
}

function rowsOf(site: string, shown: DrillResult[], past: DrillResult[]): DrillRow[] {
  return shown.map((result) => ({ site, result, past }));
}

async function all(access: Access): Promise<DrillsView[]> {
  return (await askControllers<{ sites: DrillsView[] }>(access, '/drills'))?.body.sites ?? [];
}

async function one(access: Access, site: string): Promise<DrillsView> {
  const view = await askDrills(access, site);
  if (view === null) throw new Trouble(`There is no site ${site}; holdfast status lists the sites.`, 4);
  return view;
}
