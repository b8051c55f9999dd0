/** Three zones with one application each, and the edge's data plane before them; everything on free ports and in a temp folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EdgeConfig, edgeConfig } from '../../src/config/programs.ts';
import { type DataPlane, startDataPlane } from '../../src/edge/data-plane.ts';
import type { Gate, RouteRow } from '../../src/edge/route-row.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';

export const SITE = 'shop';
export const HOST = 'shop.example';

export interface Application {
  zone: string;
  address: string;
  mode(mode: 'ok' | 'hang' | 'errors' | 'slow' | 'half'): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface EdgeBench {
  folder: string;
  config: EdgeConfig;
  /** How often the data plane said that a held site has nothing under way any more. */
  drained: number;
  plane: DataPlane;
  zones: Record<'a' | 'b' | 'c', Application>;
  /** Pushes a row: `route(3, 'b', 'c')`. */
  route(epoch: number, live: 'a' | 'b' | 'c', standby?: 'a' | 'b' | 'c' | null, gate?: Gate): Promise<void>;
  row(epoch: number, live: 'a' | 'b' | 'c', standby?: 'a' | 'b' | 'c' | null, gate?: Gate): RouteRow;
  /** Leaves nginx running and opens the data plane anew, as a restarted edge process does. */
  reopen(change?: Partial<EdgeConfig>): Promise<DataPlane>;
  get(path?: string, options?: AskOptions): Promise<Answer>;
  post(id: string, options?: AskOptions): Promise<Answer>;
  /** `METHOD id` → the zones that carried it out, in order. */
  executed(): Map<string, string[]>;
  accessLog(): Record<string, unknown>[];
  close(): Promise<void>;
}

export interface AskOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  timeoutMs?: number;
  agent?: http.Agent;
}

export interface Answer {
  status: number;
  /** 0 with the error's text in `body`: no answer at all. */
  body: string;
  zone: string | null;
  headers: http.IncomingHttpHeaders;
  tookMs: number;
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface BenchOptions {
  change?: (config: EdgeConfig) => void;
}

export async function startBench({ change }: BenchOptions = {}): Promise<EdgeBench> {
  const folder = mkdtempSync(join(tmpdir(), 'hf-edge-'));
  chmodSync(folder, 0o711);
  const journal = join(folder, 'journal');
  const start = async (zone: string) => startApplication(zone, '127.0.0.1', await freePort(), journal);
  const zones = { a: await start('a'), b: await start('b'), c: await start('c') };
  const config = edgeConfig.parse({
    edge: 'edge-test',
    listen: `127.0.0.1:${await freePort()}`,
    control: `127.0.0.1:${await freePort()}`,
    store: { endpoints: ['http://127.0.0.1:1'] },
    clusterKeyFile: join(folder, 'key'),
    stateDir: join(folder, 'edge'),
  });
  change?.(config);
  const log = createLog('edge', {}, process.env.HOLDFAST_LOG ?? 'silent');
  const onDrained = () => {
    bench.drained += 1;
  };
  const open = (own: EdgeConfig) => startDataPlane({ config: own, clock: systemClock, log, onDrained });

  const bench: EdgeBench = {
    folder,
    config,
    zones,
    drained: 0,
    plane: await open(config),
    row: (epoch, live, standby = null, gate = 'open') => ({
      site: SITE,
      epoch,
      hosts: [HOST],
      gate,
      live: { zone: live, address: zones[live].address },
      standby: standby === null ? null : { zone: standby, address: zones[standby].address },
    }),
    route: (epoch, live, standby = null, gate = 'open') =>
      bench.plane.pushRoutes([bench.row(epoch, live, standby, gate)]),
    async reopen(own = {}) {
      await bench.plane.detach();
      Object.assign(config, own);
      bench.plane = await open(config);
      return bench.plane;
    },
    get: (path = '/', options = {}) => ask(config.listen, path, options),
    post: (id, options = {}) =>
      ask(config.listen, '/write', {
        method: 'POST',
        body: `id=${id}`,
        ...options,
        headers: { 'x-id': id, ...options.headers },
      }),
    executed: () => readJournal(journal),
    accessLog: () => readAccessLog(config.stateDir),
    async close() {
      await bench.plane.stop();
      for (const zone of Object.values(zones)) await zone.kill();
      if (process.env.HF_KEEP === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

/** `METHOD id` → the zones that carried it out, in order. */
export function readJournal(file: string): Map<string, string[]> {
  const executed = new Map<string, string[]>();
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    const [method, id, zone] = line.split(' ');
    if (zone === undefined) continue;
    const key = `${method} ${id}`;
    executed.set(key, [...(executed.get(key) ?? []), zone]);
  }
  return executed;
}

export function readAccessLog(stateDir: string): Record<string, unknown>[] {
  return readFileSync(join(stateDir, 'access.log'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** `prefix`: what its command begins with, for example `ip netns exec NAME`. */
export async function startApplication(
  zone: string,
  host: string,
  port: number,
  journal: string,
  prefix: string[] = [],
): Promise<Application> {
  let child: ChildProcess;
  const start = async () => {
    const script = new URL('./upstream.ts', import.meta.url).pathname;
    const [command = '', ...args] = [...prefix, process.execPath, script, zone, host, String(port), journal];
    child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`application ${zone} ended with ${code}`)));
    });
  };
  await start();
  return {
    zone,
    address: `${host}:${port}`,
    async mode(mode) {
      child.stdin?.write(`${mode}\n`);
      await systemClock.sleep(50);
    },
    signal: (signal) => void child.kill(signal),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
    restart: start,
  };
}

export function ask(address: string, path: string, options: AskOptions): Promise<Answer> {
  const [host, port] = address.split(':');
  const began = performance.now();
  return new Promise((resolve) => {
    const done = (status: number, body: string, headers: http.IncomingHttpHeaders) =>
      resolve({ status, body, headers, zone: zoneIn(body), tookMs: performance.now() - began });
    const request = http.request(
      {
        host,
        port,
        path,
        method: options.method ?? 'GET',
        agent: options.agent ?? false,
        headers: { host: HOST, ...options.headers },
        timeout: options.timeoutMs ?? 20_000,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => done(response.statusCode ?? 0, body, response.headers));
        response.on('error', (error) => done(0, String(error), {}));
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (error) => done(0, String(error), {}));
    request.end(options.body);
  });
}

function zoneIn(body: string): string | null {
  try {
    return (JSON.parse(body) as { zone?: string }).zone ?? null;
  } catch {
    return null;
  }
}

/** Requests at a steady rate until stopped; `stop` waits for every answer. */
export function steady(perSecond: number, send: (index: number) => Promise<Answer>): { stop(): Promise<Answer[]> } {
  const answers: Promise<Answer>[] = [];
  const stop = systemClock.every(1000 / perSecond, () => {
    answers.push(send(answers.length));
  });
  return {
    stop() {
      stop();
      return Promise.all(answers);
    },
  };
}

export async function until(what: string, done: () => boolean | Promise<boolean>, limitMs = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await systemClock.sleep(10);
  }
}
