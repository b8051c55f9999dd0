/** `npm run bench -- memory`: resident memory of idle sites' copies, the databases' and the agent's share, by /proc. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AGENT_NODE_FLAGS } from '../../src/agent/node-flags.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { freePort } from '../../test/support/edge-bench.ts';

const WANTED_MB = 60;
const SITES = 20;
const QUICK_SITES = 3;
const START_LIMIT_MS = 180_000;
/** Until what starting took has been given back. */
const IDLE_MS = 15_000;

interface Memory {
  residentMb: number;
  /** Its share of pages that others use too (PSS). */
  shareMb: number;
}

interface Round {
  sites: number;
  agent: Memory;
  /** Median of the servers. */
  database: Memory;
  /** One server and its part of the agent, resident. */
  perSiteMb: number;
}

export interface MemoryFigures {
  wantedMb: number;
  rounds: Round[];
}

export async function benchMemory({
  quick,
  sites,
}: {
  quick: boolean;
  sites: number | null;
}): Promise<{ data: MemoryFigures; screen: string }> {
  const most = sites ?? (quick ? QUICK_SITES : SITES);
  const rounds: Round[] = [];
  for (const count of [...new Set([1, most])]) rounds.push(await measure(count));
  const data = { wantedMb: WANTED_MB, rounds };
  return { data, screen: screenOf(data) };
}

async function measure(sites: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'hf-memory-'));
  chmodSync(folder, 0o755);
  const port = 20_000 + ((await freePort()) % 200) * 50;
  const agent = spawn(
    process.execPath,
    [...AGENT_NODE_FLAGS, join(import.meta.dirname, 'agent.ts'), folder, String(sites), String(port)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  try {
    const servers = await serversOf(folder, sites, agent);
    await clock.sleep(IDLE_MS);
    const own = memoryOf(agent.pid!);
    const each = servers.map(memoryOf);
    const database = {
      residentMb: median(each.map(({ residentMb }) => residentMb)),
      shareMb: median(each.map(({ shareMb }) => shareMb)),
    };
    return { sites, agent: own, database, perSiteMb: database.residentMb + own.residentMb / sites };
  } finally {
    agent.kill('SIGKILL');
    for (const pid of pidsUnder(folder)) process.kill(pid, 'SIGKILL');
    await clock.sleep(300);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Their process ids, once all are made and as they were made for good. */
async function serversOf(folder: string, sites: number, agent: ChildProcess): Promise<number[]> {
  const deadline = clock.mono() + START_LIMIT_MS;
  for (;;) {
    const made = copiesIn(folder).filter((site) => isMade(folder, site));
    const servers = pidsUnder(folder);
    if (made.length === sites && servers.length === sites) return servers;
    if (agent.exitCode !== null) throw new Error(`the agent ended with ${agent.exitCode}`);
    if (clock.mono() > deadline) throw new Error(`${made.length} of ${sites} sites were made in time`);
    await clock.sleep(200);
  }
}

function copiesIn(folder: string): string[] {
  try {
    return readdirSync(join(folder, 'agent', 'copies'));
  } catch {
    return [];
  }
}

function isMade(folder: string, site: string): boolean {
  try {
    readFileSync(join(folder, 'agent', 'copies', site, 'run', 'mariadb', 'created.json'));
    return true;
  } catch {
    return false;
  }
}

/** Servers with an option file in there. */
function pidsUnder(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.startsWith('mariadbd') && command.includes(`--defaults-file=${folder}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Of `smaps_rollup`, proc(5). */
function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)![1]) * 1_024) / 1e6;
  return { residentMb: megabytes('Rss'), shareMb: megabytes('Pss') };
}

function median(values: number[]): number {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)]!;
}

function screenOf({ rounds }: MemoryFigures): string {
  const cell = (mb: number) => `${mb.toFixed(1)} MB`.padStart(12);
  const row = (name: string, pick: (round: Round) => number, wanted = '') =>
    `  ${name.padEnd(46)}${rounds.map((round) => cell(pick(round))).join('')}   ${wanted}`;
  const [one, many] = [rounds[0]!, rounds.at(-1)!];
  const lines = [
    `  ${'idle sites on one host'.padEnd(46)}${rounds.map(({ sites }) => String(sites).padStart(12)).join('')}`,
    row('one database, resident (median)', ({ database }) => database.residentMb),
    row('  with its share only of shared pages', ({ database }) => database.shareMb),
    row('the agent, resident', ({ agent }) => agent.residentMb),
    row('a database and its part of the agent', ({ perSiteMb }) => perSiteMb, `wanted: ${WANTED_MB} MB`),
  ];
  if (many.sites > 1) {
    const more = (many.agent.residentMb - one.agent.residentMb) / (many.sites - 1);
    lines.push(`  ${'the agent, for each further site'.padEnd(46)}${cell(more)}`);
  }
  return lines.join('\n');
}
