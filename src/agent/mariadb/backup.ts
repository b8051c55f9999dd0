/** The donor's side of a new copy: one physical backup stream at a time, which ends cleanly only if the backup did. */
import { spawn } from 'node:child_process';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { freshFolder, ownedFolder, ownerOf, writeDurably } from './files.ts';
import { type DatabaseOptions, pathsOf } from './options.ts';
import { ADMIN_USER } from './users.ts';

/** The default interval of 1000 ms stalls commits for a second at the end of a backup. */
const LOG_COPY_INTERVAL_MS = 50;

/** Starts mariabackup on the running server. The stream is destroyed with an error when the backup fails or `signal` aborts. */
export async function streamBackup(options: DatabaseOptions, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
  const paths = pathsOf(options.folder);
  const owner = ownerOf(options.osUser);
  await ownedFolder(paths.run, owner);
  await freshFolder(join(paths.run, 'backup'), owner);
  await ownedFolder(paths.temporary, owner);
  // The password stands in a file of mode 0600: every user of the machine may read a command line.
  const login = `[mariabackup]\nuser=${ADMIN_USER}\npassword="${options.secrets.adminPassword}"\nsocket=${paths.socket}\n`;
  await writeDurably(paths.backupConfig, login, owner);
  const log = await open(paths.backupLog, 'a', 0o640);
  const child = spawn(
    'mariabackup',
    [
      `--defaults-file=${paths.backupConfig}`,
      '--backup',
      '--stream=mbstream',
      `--log-copy-interval=${LOG_COPY_INTERVAL_MS}`,
      `--datadir=${paths.data}`,
      `--target-dir=${join(paths.run, 'backup')}`,
      `--tmpdir=${paths.temporary}`,
    ],
    { stdio: ['ignore', 'pipe', log.fd], ...(owner ?? {}) },
  );
  const out = new PassThrough();
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  out.once('close', kill);
  child.stdout!.pipe(out, { end: false });
  const fail = (why: string) => out.destroy(new Error(why));
  child.once('error', (error) => fail(`mariabackup cannot be started: ${error.message}`));
  child.once('close', (code) => {
    signal.removeEventListener('abort', kill);
    log.close().catch(() => {});
    if (code === 0) out.end();
    else fail(`mariabackup ended with ${code ?? 'a signal'}`);
  });
  if (signal.aborted) kill();
  return out;
}

/** Bytes of all files in the data directory that a backup holds (binlogs, relay logs and the redo log are not in it). */
export async function dataBytes(options: DatabaseOptions): Promise<number> {
  const { data } = pathsOf(options.folder);
  const entries = await readdir(data, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && !/^(bin|relay)\.|^ib_logfile/.test(entry.name));
  const sizes = await Promise.all(
    files.map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
