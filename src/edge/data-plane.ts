/** nginx as one object: routes and quiet zones go in, counts come out, and it is kept alive. Survives this process. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import type { EdgeConfig } from '../config/programs.ts';
import type { RouteReport, SiteId, TrafficWindow, ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { askNginx } from './admin.ts';
import { createRouteBook, createTrafficMeter, parseTick, type Tick } from './counters.ts';
import { rotateLogs } from './logs.ts';
import { type NginxHost, nginxConf, nginxPaths } from './nginx-conf.ts';
import { createNginx, type Nginx } from './nginx-process.ts';
import { openRouteFile } from './route-file.ts';
import { type RouteRow, toLine } from './route-row.ts';
import { createWatchdog } from './watchdog.ts';

export interface DataPlane {
  /** How nginx was found: `adopted` means that visitors noticed nothing of our restart. */
  found: 'adopted' | 'reloaded' | 'started';
  /** Rows kept on disk and pushed; effective for the very next request when this resolves. Never rejects: it tries on. */
  pushRoutes(rows: RouteRow[]): Promise<void>;
  /** Zones that answer none of our probes. Told to nginx at once, and again with every tick. */
  setQuiet(zone: ZoneId, on: boolean): void;
  /** What nginx routes by now, also right after a start with the store down. */
  routes(): ReadonlyMap<SiteId, RouteRow>;
  /** Visitors' requests since the last call. */
  traffic(): TrafficWindow[];
  /** What became of the sites' newest epochs. */
  routeReports(): RouteReport[];
  /** The same for the controllers: see `RouteBook.tell`. */
  tellRoutes(): RouteReport[];
  quietZones(): ZoneId[];
  /** What visitors' requests came to: the batch after the one named `have`; see `lua/visits.lua`. Rejects with NginxSilent. */
  visits(have: string): Promise<string>;
  /** `stop` ends nginx as well; `detach` leaves it serving for whoever comes next. */
  stop(): Promise<void>;
  detach(): Promise<void>;
}

export interface DataPlaneOptions {
  config: EdgeConfig;
  clock: Clock;
  log: Log;
  /** The last request under way of a held site has ended: a move waits for this. */
  onDrained?: () => void;
}

const TICK_MS = 100;
const TICK_LIMIT_MS = 500;
const PUSH_LIMIT_MS = 5_000;
const VISITS_LIMIT_MS = 2_000;
/** Nginx answers it after 200 ms at the latest. */
const DRAINED_LIMIT_MS = 1_000;
const DRAINED_PAUSE_MS = 5;
const PUSH_PAUSE_MS = 100;
/** Rows of one push that are told one by one. */
const MOST_LOGGED = 20;
const ROWS_PER_PUSH = 1_000;
const STALLED_MS = 2_000;
const ROTATE_EVERY_MS = 5_000;
const MOST_LOG_BYTES = 64 * 1024 * 1024;
const STOP_GRACE_MS = 1_000;
const LUA_DIR = new URL('./lua', import.meta.url).pathname;

export async function startDataPlane({ config, clock, log, onDrained }: DataPlaneOptions): Promise<DataPlane> {
  mkdirSync(config.stateDir, { recursive: true });
  // nginx's workers are another user and need to reach their spool folder below.
  chmodSync(config.stateDir, 0o711);
  const paths = nginxPaths(config.stateDir);
  const nginx = createNginx(paths, config.stateDir, clock, log);
  const conf = nginxConf(config, hostOfNginx());
  const file = openRouteFile(paths.routes);
  const book = createRouteBook(clock);
  const quiet = new Set<ZoneId>();
  const ending = new AbortController();
  const ask = (path: string, body: string, limitMs: number) => askNginx(paths.adminSocket, path, body, limitMs);

  const found = await nginx.ensure(conf);
  log.info({ found, listen: config.listen, workers: config.workers }, 'nginx is up');

  const meter = createTrafficMeter(found === 'started');

  const push = async (rows: RouteRow[]) => {
    for (let at = 0; at < rows.length; at += ROWS_PER_PUSH) {
      const batch = rows.slice(at, at + ROWS_PER_PUSH);
      await persist(() => ask('/routes', batch.map((row) => `${toLine(row)}\n`).join(''), PUSH_LIMIT_MS));
      book.routed(batch, clock.wall());
      if (batch.length > MOST_LOGGED) log.info({ sites: batch.length }, 'routed');
      else
        for (const { site, epoch, gate, live } of batch)
          log.info({ site, epoch, gate, live: live?.zone ?? null }, 'routed');
      watchDraining();
    }
  };

  /** Until it works: nginx may be being restarted. */
  const persist = async (attempt: () => Promise<unknown>) => {
    while (!ending.signal.aborted) {
      try {
        await attempt();
        return;
      } catch (error) {
        log.warn({ trouble: String(error) }, 'routes not pushed yet');
        await clock.sleep(PUSH_PAUSE_MS, ending.signal);
      }
    }
  };

  let pushes = Promise.resolve();
  const inOrder = (work: () => Promise<void>) => {
    pushes = pushes.then(work);
    return pushes;
  };

  const drained = (sites: SiteId[]) => {
    if (sites.length === 0) return;
    log.info({ sites }, 'held, and nothing is under way any more');
    onDrained?.();
  };

  let draining: Promise<void> | null = null;
  /** Asks for as long as a held site has requests under way: nginx answers at once when the last one of a site has ended. */
  const watchDraining = () => {
    draining ??= untilDrained()
      .catch((error) => log.warn({ trouble: String(error) }, 'not told what is under way; the next tick tells it'))
      .finally(() => {
        draining = null;
      });
  };
  const untilDrained = async () => {
    for (let full = book.draining(); full.length > 0 && !ending.signal.aborted; full = book.draining()) {
      const text = await ask('/drained', full.map((site) => `${site}\n`).join(''), DRAINED_LIMIT_MS);
      const sites = book.count(parseTick(text).underWay);
      drained(sites);
      if (sites.length === 0) await clock.sleep(DRAINED_PAUSE_MS, ending.signal);
    }
  };

  const onTick = (tick: Tick) => {
    meter.add(tick);
    drained(book.add(tick));
    for (const { site, epoch } of tick.letGo)
      log.warn({ site, epoch }, 'held its visitors for 3 s and heard nothing newer: they go on to the live copy');
    watchDraining();
    // A table that came back empty (its memory was laid out anew) is filled again.
    if (tick.generation === 0 && file.rows.size > 0) void inOrder(() => push([...file.rows.values()]));
  };

  const stopKeeper = keepAlive({ nginx, conf, clock, log, onTick, onRestart: meter.restarted, tick: () => tickOnce() });
  const tickOnce = async () => {
    const lines = [...quiet].map((zone) => `quiet ${zone}\n`).join('');
    return parseTick(await ask('/tick', lines, TICK_LIMIT_MS));
  };
  const stopRotating = clock.every(ROTATE_EVERY_MS, () => {
    if (rotateLogs([paths.accessLog, paths.errorLog], MOST_LOG_BYTES)) nginx.reopenLogs();
  });

  await inOrder(() => push([...file.rows.values()]));

  const detach = async () => {
    ending.abort();
    stopRotating();
    await stopKeeper();
    await draining;
    await pushes;
  };
  return {
    found,
    pushRoutes: (rows) => inOrder(() => push(file.write(rows))),
    setQuiet(zone, on) {
      if (quiet.has(zone) === on) return;
      if (on) quiet.add(zone);
      else quiet.delete(zone);
      log.info({ zone, quiet: on }, on ? 'zone has gone quiet' : 'zone answers again');
      // Its answer carries counts, which the ticks must not miss: so it is treated as one.
      ask('/tick', `${on ? 'quiet' : 'awake'} ${zone}\n`, TICK_LIMIT_MS).then(
        (text) => onTick(parseTick(text)),
        () => {},
      );
    },
    routes: () => file.rows,
    traffic: meter.take,
    routeReports: book.reports,
    tellRoutes: book.tell,
    quietZones: () => [...quiet],
    visits: (have) => ask('/visits', have, VISITS_LIMIT_MS),
    detach,
    async stop() {
      await detach();
      await nginx.stop(STOP_GRACE_MS);
    },
  };
}

interface Keeper {
  nginx: Nginx;
  conf: string;
  clock: Clock;
  log: Log;
  tick: () => Promise<Tick>;
  onTick: (tick: Tick) => void;
  onRestart: () => void;
}

/** Asks for a tick ten times a second; ends stalled workers (the master replaces them) and starts a lost nginx again. */
function keepAlive({ nginx, conf, clock, log, tick, onTick, onRestart }: Keeper): () => Promise<void> {
  const watchdog = createWatchdog(STALLED_MS, 2 * TICK_LIMIT_MS, clock.mono());
  let running: Promise<void> = Promise.resolve();

  const turn = async () => {
    const answer = await tick().catch(() => null);
    const now = clock.mono();
    if (nginx.master() === null) {
      // Its workers may still serve; but nobody would replace one that fails.
      log.error('nginx is gone: starting it again');
      await nginx.ensure(conf);
      onRestart();
      watchdog.reset(clock.mono());
    } else if (answer !== null) {
      onTick(answer);
      const stalled = watchdog.beat(answer.workers, now);
      if (stalled.length > 0) endWorkers(whoStandsStill(stalled, answer, nginx.workers()));
    } else if (watchdog.silence(now)) {
      endWorkers(nginx.workers());
    }
  };

  const endWorkers = (pids: number[]) => {
    if (pids.length === 0) return;
    log.error({ pids }, 'workers stand still: ending them, nginx replaces them');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    watchdog.reset(clock.mono());
  };

  const stop = clock.every(TICK_MS, () => {
    running = turn().catch((error) => log.error({ trouble: String(error) }, 'nginx could not be kept alive'));
    return running;
  });
  return async () => {
    stop();
    await running;
  };
}

/** A worker that stood still before its first turn has not even told its pid: then it is the one that nobody knows. */
function whoStandsStill(stalled: number[], { workers }: Tick, running: number[]): number[] {
  const unborn = stalled.some((pid) => !running.includes(pid));
  const known = new Set(workers.map(({ pid }) => pid));
  return running.filter((pid) => stalled.includes(pid) || (unborn && !known.has(pid)));
}

function hostOfNginx(): NginxHost {
  const limit = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return {
    luaDir: LUA_DIR,
    luaVersion: luaVersion(),
    root: process.getuid?.() === 0,
    mostFiles: limit === undefined ? Number.POSITIVE_INFINITY : Number(limit),
  };
}

function luaVersion(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(LUA_DIR).sort()) hash.update(name).update(readFileSync(`${LUA_DIR}/${name}`));
  return hash.digest('hex').slice(0, 16);
}
