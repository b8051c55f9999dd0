/** Serves the files that visitors created to the other zones' agents: an rsync daemon, read-only, kept running by the agent. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentConfig } from '../../config/programs.ts';
import type { SiteId } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { writeWhole } from '../../platform/files.ts';
import type { Log } from '../../platform/log.ts';
import { userIds } from '../../platform/users.ts';
import { hashOf } from '../app/plan.ts';
import { createKeptProcess, type Launcher } from '../app/processes.ts';
import { filesPort, MIRROR_USER, mirrorPassword, moduleName } from './module.ts';

export interface SharedFolder {
  site: SiteId;
  /** As the site's description names it. */
  folder: string;
  /** Absolute. */
  path: string;
}

export interface FileServerOptions {
  config: AgentConfig;
  clusterKey: string;
  clock: Clock;
  log: Log;
  launcher: Launcher;
  /** Asked every second; with none nothing runs. */
  shared: () => SharedFolder[];
}

const TURN_MS = 1_000;
const MOST_CONNECTIONS = 20;

export function createFileServer(options: FileServerOptions): { stop(): void } {
  const { config, clusterKey, clock, log, launcher, shared } = options;
  const folder = join(config.stateDir, 'files');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const configFile = join(folder, 'rsyncd.conf');
  const secretsFile = join(folder, 'rsyncd.secrets');
  const daemon = createKeptProcess({ clock, log, launcher, name: 'rsync', runFolder: folder });
  const spec = {
    command: ['rsync', '--daemon', '--no-detach', `--config=${configFile}`],
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    cwd: '/',
    user: null,
    logFile: join(folder, 'rsyncd.log'),
  };
  let written = '';

  const turn = async () => {
    const folders = shared();
    if (folders.length === 0) {
      daemon.stop();
      return;
    }
    // Read again by the daemon at every connection: a new site needs no restart.
    const text = daemonConfig(config, secretsFile, folders);
    if (text !== written) {
      await writeWhole(secretsFile, `${MIRROR_USER}:${mirrorPassword(clusterKey)}\n`);
      await writeWhole(configFile, text);
      written = text;
    }
    await daemon.keep(spec, hashOf([spec.command, config.address, config.portBase]));
  };

  const stopTurns = clock.every(TURN_MS, () => turn().catch((error) => log.warn({ err: error }, 'file server')));
  return {
    stop() {
      stopTurns();
      daemon.stop();
    },
  };
}

/** Text of `rsyncd.conf`. */
export function daemonConfig(config: AgentConfig, secretsFile: string, folders: SharedFolder[]): string {
  const user = userIds(config.applicationUser);
  const lines = [
    `address = ${config.address}`,
    `port = ${filesPort(config.portBase)}`,
    'use chroot = no',
    'read only = yes',
    'list = no',
    'numeric ids = yes',
    `max connections = ${MOST_CONNECTIONS}`,
    'timeout = 30',
    `auth users = ${MIRROR_USER}`,
    `secrets file = ${secretsFile}`,
    ...(user === null ? [] : [`uid = ${user.uid}`, `gid = ${user.gid}`]),
  ];
  for (const { site, folder, path } of folders) lines.push(`[${moduleName(site, folder)}]`, `path = ${path}`);
  return `${lines.join('\n')}\n`;
}
