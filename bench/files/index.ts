/**
 * `npm run bench -- files`: how long an uploaded file takes to the standby's folder, and what idle sites cost, when the standby is told
 * of changes and when it is not (as before it could be, and as it is where folders cannot be watched). Real servers and rsync, one machine.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApplicationPlan } from '../../src/agent/app/plan.ts';
import { createHostFiles, type HostFiles } from '../../src/agent/files/host.ts';
import { createMirror, type Mirror } from '../../src/agent/files/mirror.ts';
import { pull } from '../../src/agent/files/pull.ts';
import { createFileServer } from '../../src/agent/files/server.ts';
import { startServer } from '../../src/agent/server.ts';
import { firstPlacement, type ZoneRecord } from '../../src/model/index.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { userIds } from '../../src/platform/users.ts';
import { freePort } from '../../test/support/edge-bench.ts';

const SITES = 20;
const UPLOADS = 20;
const QUICK_UPLOADS = 3;
/** In each site's folder before it begins, in twelve folders. */
const FILES_THERE = 240;
const IDLE_MS = 60_000;
const QUICK_IDLE_MS = 15_000;
/** Until everything has been pulled once. */
const SETTLE_MS = 8_000;
const UPLOAD_LIMIT_MS = 30_000;
/** Clock ticks of proc(5), which Linux gives out as hundredths. */
const TICK_MS = 10;
const log = createLog('bench', {}, 'silent');

interface Round {
  told: boolean;
  sites: number;
  /** From the file's close() until it has its content there. */
  delayMs: { median: number; most: number };
  pullsPerMinute: number;
  /** Of one core: both agents' part in it, and their rsyncs. */
  idleCpuPercent: number;
}

interface Zones {
  upload(site: number, name: string): string;
  copied(site: number, name: string): string;
  pulls(): number;
  end(): Promise<void>;
}

export async function benchFiles(options: {
  quick: boolean;
  sites: number | null;
}): Promise<{ data: Round[]; screen: string }> {
  const sites = options.sites ?? SITES;
  const rounds: Round[] = [];
  for (const told of [false, true]) rounds.push(await measure(told, sites, options.quick));
  return { data: rounds, screen: screenOf(rounds) };
}

async function measure(told: boolean, sites: number, quick: boolean): Promise<Round> {
  const zones = await createZones(told, sites);
  try {
    await clock.sleep(SETTLE_MS);
    const idleMs = quick ? QUICK_IDLE_MS : IDLE_MS;
    const [pullsBefore, cpuBefore] = [zones.pulls(), cpuMs()];
    await clock.sleep(idleMs);
    const pullsPerMinute = ((zones.pulls() - pullsBefore) * 60_000) / idleMs;
    const idleCpuPercent = ((cpuMs() - cpuBefore) * 100) / idleMs;
    const delays: number[] = [];
    for (let run = 0; run < (quick ? QUICK_UPLOADS : UPLOADS); run += 1) {
      // At no fixed distance from the period of five seconds.
      await clock.sleep(1_000 + ((run * 1_370) % 5_000));
      delays.push(await delayOf(zones, run % sites, `photo-${run}`));
    }
    const sorted = delays.toSorted((one, other) => one - other);
    const delayMs = { median: sorted[Math.floor(sorted.length / 2)]!, most: sorted.at(-1)! };
    return { told, sites, delayMs, pullsPerMinute, idleCpuPercent };
  } finally {
    await zones.end();
  }
}

async function delayOf(zones: Zones, site: number, name: string): Promise<number> {
  const content = Buffer.alloc(200_000, name);
  await writeFile(zones.upload(site, name), content);
  const closedAt = clock.mono();
  while (!existsSync(zones.copied(site, name))) {
    if (clock.mono() > closedAt + UPLOAD_LIMIT_MS) throw new Error(`${name} did not come`);
    await clock.sleep(2);
  }
  const tookMs = clock.mono() - closedAt;
  // rsync gives a file its name once it is whole.
  if (!readFileSync(zones.copied(site, name)).equals(content)) throw new Error(`${name} is not whole`);
  return tookMs;
}

async function createZones(told: boolean, sites: number): Promise<Zones> {
  const root = mkdtempSync(join(tmpdir(), 'hf-bench-files-'));
  chmodSync(root, 0o755);
  const user = userIds('www-data');
  const own = (path: string) => {
    mkdirSync(path, { recursive: true });
    if (user !== null) chownSync(path, user.uid, user.gid);
  };
  const clusterKey = 'a-key';
  const [here, there] = [createHostFiles({ clock, log, clusterKey }), createHostFiles({ clock, log, clusterKey })];
  const folder = (zone: string, site: number) => join(root, zone, `site-${site}`);
  const uploads = (zone: string, site: number) => join(folder(zone, site), 'app', 'uploads');
  const all = Array.from({ length: sites }, (_, site) => site);
  const shared = () => all.map((site) => ({ site: `site-${site}`, folder: 'uploads', path: uploads('a', site) }));
  const fileServer = createFileServer({
    config: { stateDir: join(root, 'state'), applicationUser: 'www-data' },
    log,
    shared,
  });
  const agent = `127.0.0.1:${await freePort()}`;
  const server = await startServer({
    listen: agent,
    zone: 'a',
    clusterKey,
    log,
    databaseOf: () => null,
    serveFiles: fileServer.serve,
    ...(told ? { serveChanges: here.changes.serve } : {}),
  });
  let pulls = 0;
  const fetch: typeof pull = (options) => {
    pulls += 1;
    return pull(options);
  };
  const mirrors: Mirror[] = [];
  for (const site of all) {
    for (const zone of ['a', 'b']) for (const path of ['', 'app', 'app/uploads']) own(join(folder(zone, site), path));
    for (let file = 0; file < FILES_THERE; file += 1) {
      const month = join(uploads('a', site), String((file % 12) + 1));
      own(month);
      await writeFile(join(month, `file-${file}`), 'x'.repeat(1_000), { mode: 0o644 });
    }
    for (const [zone, host] of [
      ['a', here],
      ['b', there],
    ] as [string, HostFiles][]) {
      const mirror = createMirror({ clock, log, zone, clusterKey, user, folder: folder(zone, site), host, fetch });
      const placement = { ...firstPlacement(`site-${site}`, 'a', 0), standby: 'b', initialised: true };
      const plan = { appFolder: join(folder(zone, site), 'app'), files: ['uploads'] } as ApplicationPlan;
      mirror.pursue(plan, placement, new Map([['a', { zone: 'a', agent } as ZoneRecord]]));
      mirrors.push(mirror);
    }
  }
  return {
    upload: (site, name) => join(uploads('a', site), name),
    copied: (site, name) => join(uploads('b', site), name),
    pulls: () => pulls,
    async end() {
      for (const mirror of mirrors) mirror.stop();
      fileServer.stop();
      here.stop();
      there.stop();
      await server.stop();
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Of this process and of those that it started and that have ended, in user and kernel: proc(5), `stat`, fields 14 to 17. */
function cpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
}

function screenOf(rounds: Round[]): string {
  const row = (name: string, cell: (round: Round) => string) =>
    `  ${name.padEnd(52)}${rounds.map((round) => cell(round).padStart(16)).join('')}`;
  return [
    row(`${rounds[0]!.sites} sites`, ({ told }) => (told ? 'told of changes' : 'every 5 s')),
    row('from close() to the standby, median', ({ delayMs }) => `${delayMs.median.toFixed(0)} ms`),
    row('  longest', ({ delayMs }) => `${delayMs.most.toFixed(0)} ms`),
    row('idle: pulls (an rsync on each side) a minute', ({ pullsPerMinute }) => pullsPerMinute.toFixed(0)),
    row('idle: both sides’ CPU, of one core', ({ idleCpuPercent }) => `${idleCpuPercent.toFixed(1)} %`),
  ].join('\n');
}
