/** Three zones on this machine: lays them out, starts etcd and Holdfast's programs in them, and takes all of it down again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, withDeadline } from '../platform/clock.ts';
import { newSecret } from '../platform/random.ts';
import { cleanUp } from './cleanup.ts';
import { createGroup } from './group.ts';
import { defaultName, INSTANCES, type Instance, readInstance, readLeftover, writeInstance } from './instance.ts';
import { layOut } from './layout.ts';
import { createNetwork } from './network.ts';
import { startPractice } from './practice.ts';
import { preparePrograms } from './programs.ts';
import { type Progress, silent } from './progress.ts';
import { waitUntilAnswering } from './ready.ts';
import { addSite, waitUntilProtected } from './sites.ts';
import { type Program, type Supervisor, supervise } from './supervisor.ts';

export interface PlatformOptions {
  /** Default: this checkout's own name. */
  name?: string;
  /** Site description to apply, and to wait for until it is protected; null: an empty platform. */
  siteFile: string | null;
  edgePort?: number;
  /** Remove the folder at the end. Default: only what names the instance as running, so that logs can be read afterwards. */
  temporary?: boolean;
  /** `store`: only etcd, for tests of the platform itself. */
  programs?: 'all' | 'store';
  /** Added to the environment of Holdfast's own programs (chaos runs). */
  environment?: Record<string, string>;
  /** Runs when the folders are there and nothing has been started (chaos runs). */
  prepare?: (instance: Instance) => Promise<void>;
  progress?: Progress;
  /** Aborted while the platform comes up: everything is taken down again, and the start rejects. */
  signal?: AbortSignal;
}

export interface Platform {
  instance: Instance;
  /** Ends every process and removes everything that was laid out. Safe to call twice. */
  stop(): Promise<void>;
}

const STOP_LIMIT_MS = 30_000;

/** Throws when one of that name runs already, or when something does not come up; nothing is left behind then. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { name = defaultName(), siteFile, edgePort, temporary = false, progress = silent } = options;
  if (readInstance(name))
    throw new Error(`the platform ${name} runs already; stop it with Ctrl-C where it was started`);
  const leftover = readLeftover(name);
  if (leftover) await progress.step('clearing away what a crash has left', () => cleanUp(leftover));

  const instance = await layOut({ name, siteFile, edgePort, temporary });
  await cleanUp(instance);
  makeFolders(instance);
  writeInstance(instance);
  const reaper = startReaper(instance);
  const supervisors: Supervisor[] = [];
  const practice = await startPractice(instance, progress.say);
  const platform = {
    instance,
    stop: onlyOnce(async () => {
      await practice.stop();
      await takeDown(instance, reaper, supervisors);
    }),
  };
  try {
    await progress.step('three zones: networks and process groups', async () => {
      for (const group of [instance.edge.group, ...instance.zones.map((zone) => zone.group)]) createGroup(group);
      await createNetwork(instance.network);
    });
    await options.prepare?.(instance);
    await untilAborted(options.signal, bringUp(instance, options, supervisors));
    return platform;
  } catch (error) {
    await platform.stop();
    throw error;
  }
}

async function bringUp(instance: Instance, options: PlatformOptions, supervisors: Supervisor[]): Promise<void> {
  const { siteFile, progress = silent } = options;
  const { store, holdfast } = preparePrograms(instance, options.environment);
  const start = (programs: Program[]) =>
    supervisors.push(...programs.map((program) => supervise(instance, program, progress.say)));
  start(store);
  if (options.programs !== 'store') start(holdfast);
  await waitUntilAnswering(instance, supervisors, progress);
  if (siteFile !== null) await waitUntilProtected(instance, await addSite(instance, siteFile), progress);
}

async function untilAborted(signal: AbortSignal | undefined, work: Promise<void>): Promise<void> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // What is still waiting afterwards fails against a platform that is gone; nobody needs to hear of it.
  work.catch(() => {});
  return Promise.race([work, aborted]);
}

function makeFolders(instance: Instance): void {
  rmSync(instance.folder, { recursive: true, force: true });
  mkdirSync(INSTANCES, { recursive: true, mode: 0o755 });
  mkdirSync(instance.folder, { mode: 0o755 });
  for (const name of ['log', 'run', 'down', ...instance.zones.map((zone) => zone.zone)]) {
    mkdirSync(join(instance.folder, name), { mode: 0o755 });
  }
  writeFileSync(instance.clusterKeyFile, `${newSecret()}\n`, { mode: 0o600 });
}

/** It outlives this process on purpose; see reaper.ts. */
function startReaper(instance: Instance): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'reaper.ts'), instance.name], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
}

async function takeDown(instance: Instance, reaper: ChildProcess, supervisors: Supervisor[]): Promise<void> {
  for (const supervisor of supervisors) supervisor.stop();
  const gone = new Promise<void>((resolve) => {
    if (reaper.exitCode !== null || reaper.signalCode !== null) resolve();
    reaper.once('exit', () => resolve());
  });
  reaper.stdin?.on('error', () => {});
  reaper.stdin?.end();
  await withDeadline(systemClock, 'taking the platform down', STOP_LIMIT_MS, gone);
  // The reaper may itself have been killed; over an instance that is gone this does nothing.
  if (readLeftover(instance.name)) await cleanUp(instance);
}

function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let once: Promise<void> | null = null;
  return () => {
    once ??= work();
    return once;
  };
}
