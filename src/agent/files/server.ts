/**
 * Serves the files that visitors created to the other zones' agents: one rsync, read-only, for each connection that came with the
 * cluster's key. It listens nowhere itself.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { AgentConfig } from '../../config/programs.ts';
import type { SiteId } from '../../model/index.ts';
import { writeWhole } from '../../platform/files.ts';
import type { Log } from '../../platform/log.ts';
import { userIds } from '../../platform/users.ts';
import { MOST_PULLS } from './host.ts';
import { moduleName } from './module.ts';
import { relay } from './relay.ts';

export interface SharedFolder {
  site: SiteId;
  /** As the site's description names it. */
  folder: string;
  /** Absolute. */
  path: string;
}

export interface FileServerOptions {
  config: Pick<AgentConfig, 'stateDir' | 'applicationUser'>;
  log: Log;
  /** Asked at every connection. */
  shared: () => SharedFolder[];
}

export interface FileServer {
  /** Serves one other agent, which has proved that it has the key, and closes the connection in the end. */
  serve(connection: Duplex): void;
  stop(): void;
}

/** Of two other zones, each with as many as its agent begins (`host.ts`). */
const MOST_CONNECTIONS = 2 * MOST_PULLS;
/** What rsync takes for a socket on standard input makes it serve just that one. */
const ON_DESCRIPTOR_3 = 'exec rsync --daemon --no-detach --config="$0" <&3 >&3 3>&-';

export function createFileServer({ config, log, shared }: FileServerOptions): FileServer {
  const folder = join(config.stateDir, 'files');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const configFile = join(folder, 'rsyncd.conf');
  const ends = new Set<() => void>();
  let written: string | null = null;
  let stopped = false;

  const serve = async (connection: Duplex) => {
    const text = daemonConfig(config, join(folder, 'rsyncd.log'), shared());
    if (text !== written) await writeWhole(configFile, text);
    written = text;
    const messages = openSync(join(folder, 'rsyncd.messages'), 'a', 0o600);
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', '-c', ON_DESCRIPTOR_3, configFile], {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      stdio: ['ignore', messages, messages, 'pipe'],
    });
    closeSync(messages);
    const end = () => {
      connection.destroy();
      child.kill('SIGKILL');
    };
    ends.add(end);
    child.once('error', end);
    await relay(connection, child);
    end();
    ends.delete(end);
  };

  return {
    serve(connection) {
      connection.on('error', () => {});
      if (stopped || ends.size >= MOST_CONNECTIONS) {
        connection.destroy();
        return;
      }
      serve(connection).catch((error) => {
        log.warn({ err: error }, 'file server');
        connection.destroy();
      });
    },
    stop() {
      stopped = true;
      for (const end of ends) end();
    },
  };
}

/** Text of `rsyncd.conf`. */
export function daemonConfig(
  config: Pick<AgentConfig, 'applicationUser'>,
  logFile: string,
  folders: SharedFolder[],
): string {
  const user = userIds(config.applicationUser);
  const lines = [
    'use chroot = no',
    'read only = yes',
    'list = no',
    'numeric ids = yes',
    'reverse lookup = no',
    'timeout = 30',
    `log file = ${logFile}`,
    ...(user === null ? [] : [`uid = ${user.uid}`, `gid = ${user.gid}`]),
  ];
  for (const { site, folder, path } of folders) lines.push(`[${moduleName(site, folder)}]`, `path = ${path}`);
  return `${lines.join('\n')}\n`;
}
