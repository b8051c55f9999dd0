/** `holdfast sla [SITE]`: the service level of a month: on the screen, as a page, as a table for spreadsheets. */
import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { HoldfastError } from '../../errors.ts';
import { monthPeriod } from '../../record/level/calendar.ts';
import { levelsCsv, reportCsv } from '../../report/csv.ts';
import { reportPage } from '../../report/page.ts';
import type { Report } from '../../report/report.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { askControllers } from '../controllers.ts';
import { askPages } from '../pages.ts';
import { paintFor } from '../screens/paint.ts';
import { type ListedLevel, levelScreen, levelsScreen } from '../screens/sla.ts';
import { Trouble } from '../trouble.ts';

type Options = AccessOptions & { month?: string; html?: string; csv?: string; json?: boolean };

export function registerSla(program: Command): void {
  withAccess(program.command('sla'))
    .description('the service level of a month: availability, error budget and its burn, incidents, credit')
    .argument('[site]', 'one site; left out: all of them in a table')
    .addOption(new Option('--month <month>', 'such as 2026-11 (UTC); left out: this month').argParser(toMonth))
    .addOption(
      new Option('--html <file>', 'write the report as a page that needs nothing else').conflicts(['csv', 'json']),
    )
    .addOption(new Option('--csv <file>', 'write it as a table for spreadsheets').conflicts('json'))
    .option('--json', 'one JSON object; without a site an array')
    .action(async (site: string | undefined, options: Options) => {
      const access = await knownAccess(options);
      if (site === undefined) await tellAll(access, options);
      else await tellOne(access, site, options);
    });
}

function toMonth(text: string): string {
  if (monthPeriod(text) === null) throw new InvalidArgumentError('a month such as 2026-11');
  return text;
}

async function tellOne(access: Access, site: string, { month, html, csv, json }: Options): Promise<void> {
  const query = new URLSearchParams({ format: 'json', ...(month === undefined ? {} : { month }) });
  const answer = await askControllers<Report>(access, `/sites/${encodeURIComponent(site)}/level/report?${query}`);
  if (answer === null) throw new HoldfastError('site-unknown', { site });
  const report = answer.body;
  if (html !== undefined) write(html, reportPage(report));
  else if (csv !== undefined) write(csv, reportCsv(report));
  else if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(levelScreen(report, paintFor(process.stdout)));
}

async function tellAll(access: Access, { month, html, csv, json }: Options): Promise<void> {
  if (html !== undefined) throw new Trouble('A page is of one site: holdfast sla SITE --html FILE.', 2);
  const path = month === undefined ? '/levels' : `/levels?month=${month}`;
  const levels = await askPages<'levels', ListedLevel>(access, path, 'levels');
  if (csv !== undefined) write(csv, levelsCsv(levels));
  else if (json) process.stdout.write(`${JSON.stringify(levels)}\n`);
  else process.stdout.write(levelsScreen(levels, paintFor(process.stdout)));
}

function write(file: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new Trouble(`${file} cannot be written: ${(error as Error).message}`, 2);
  }
  process.stdout.write(`Written to ${file}.\n`);
}
