/** `npm run bench -- evacuate`: every site out of a zone and home again under load, as `holdfast evacuate` and `return` do it. */
import { type EvacuationFigures, figuresOf, type PhaseFigures, type Spread } from './figures.ts';
import { type Busy, PROGRAMS } from './processor.ts';
import { recordEvacuation } from './run.ts';

export interface EvacuateBenchOptions {
  quick: boolean;
  sites: number | null;
  rate: number | null;
  copies: number | null;
}

const SITES = 50;
const QUICK_SITES = 5;
/** Requests a second to each site. */
const RATE = 4;
const WANTED_MS = 60_000;
const MOST_SHOWN = 10;

export async function benchEvacuate(
  options: EvacuateBenchOptions,
): Promise<{ data: EvacuationFigures; screen: string }> {
  const sites = options.sites ?? (options.quick ? QUICK_SITES : SITES);
  const copies = options.copies === 2 ? 2 : 3;
  const figures = figuresOf(await recordEvacuation({ sites, copies, rate: options.rate ?? RATE }));
  return { data: figures, screen: screenOf(figures) };
}

function screenOf(figures: EvacuationFigures): string {
  const { sites, copies, rate, phases } = figures;
  return [
    `${sites} sites with ${copies} copies each, made in ${seconds(figures.madeMs)}; ${rate} requests a second to each, half of them writes`,
    `${figures.requests} requests, ${figures.acknowledged} writes acknowledged`,
    '',
    `  failed requests                  ${figures.failed}   wanted: 0`,
    `  acknowledged writes lost         ${figures.ackedLost}   wanted: 0`,
    `  writes carried out twice         ${figures.executedTwice}   wanted: 0`,
    ...phases.flatMap(linesOf),
    '',
    `  busy cores            ${PROGRAMS.map((name) => name.padStart(11)).join('')}`,
    busyLine('before', figures.busyBefore),
    ...phases.map(({ verb, busy }) => busyLine(verb, busy)),
  ].join('\n');
}

function linesOf(phase: PhaseFigures): string[] {
  const row = (name: string, { median, worst }: Spread) =>
    `    ${name.padEnd(52)}${`${median} ms`.padStart(9)}${`${worst} ms`.padStart(9)}`;
  const wanted = phase.verb === 'evacuate' ? `wanted: ${seconds(WANTED_MS)}` : '';
  return [
    '',
    `  ${phase.verb}: the command ended with ${phase.exitStatus} after ${seconds(phase.commandMs)}`,
    `    until all had moved and took writes                 ${seconds(phase.allMovedMs).padStart(9)}`,
    `    until all were protected there                      ${seconds(phase.allProtectedMs).padStart(9)}            ${wanted}`,
    `    visitors were held ${phase.holds} times, ${phase.calledOff} moves called off, ${phase.missing.length} sites missing`,
    `    failed requests meanwhile: ${phase.failed.length}`,
    ...phase.failed
      .slice(0, MOST_SHOWN)
      .map(({ id, status, outcome, error }) => `      ${id}: ${error ?? status} ${outcome ?? ''}`),
    `    ${'by site'.padEnd(52)}${'median'.padStart(9)}${'worst'.padStart(9)}`,
    row('held, by the records', phase.held),
    row('longest time between two acknowledged writes', phase.writePause),
    row('slowest acknowledged or failed write', phase.slowestWrite),
    row('exposed', phase.exposed),
  ];
}

function busyLine(name: string, busy: Busy): string {
  return `    ${name.padEnd(20)}${PROGRAMS.map((program) => busy[program].toFixed(2).padStart(11)).join('')}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
