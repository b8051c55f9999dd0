/** Makes a new site's database: the one time when an empty data directory is right. Repeatable from every interruption. */
import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { promisify } from 'node:util';
import { assertCurrent, type Context, Superseded } from './context.ts';
import { exists, freshFolder, ownerOf, syncFolder } from './files.ts';
import { createSession } from './session.ts';
import { startServer } from './start.ts';
import { creationStatements } from './users.ts';

const INSTALL_MS = 120_000;

export async function create(context: Context): Promise<string> {
  const { makings } = context.options;
  if (makings === undefined) return make(context);
  const leave = await makings.enter(context.signal);
  if (leave === null) throw new Superseded();
  try {
    return await make(context);
  } finally {
    leave();
  }
}

async function make(context: Context): Promise<string> {
  const { options, paths } = context;
  if (!(await exists(paths.data))) await install(context);
  await context.dataChanged();
  await startServer(context, 'plain');
  assertCurrent(context);
  await makeUsers(context);
  await context.memory.saveCreated();
  return `database ${options.databaseName} created`;
}

async function install({ options, paths }: Context): Promise<void> {
  const owner = ownerOf(options.osUser);
  await freshFolder(paths.partial, owner);
  await promisify(execFile)(
    'mariadb-install-db',
    [
      '--no-defaults',
      '--skip-test-db',
      '--skip-name-resolve',
      '--auth-root-authentication-method=socket',
      '--innodb-log-file-size=32M',
      `--datadir=${paths.partial}`,
      ...(owner ? [`--user=${options.osUser}`] : []),
    ],
    { timeout: INSTALL_MS },
  );
  await rename(paths.partial, paths.data);
  await syncFolder(options.folder);
}

/** As the operating system's root through the socket: the agent's own account does not exist yet. */
async function makeUsers({ options, paths, clock }: Context): Promise<void> {
  const root = createSession(clock, { socketPath: paths.socket, user: rootName(), password: undefined });
  try {
    // Nobody can have been told that anything here is committed: no acknowledgement leaks.
    await root.query('SET GLOBAL rpl_semi_sync_master_enabled=0');
    for (const statement of creationStatements(options.site, options.databaseName, options.zones, options.secrets)) {
      await root.query(statement, 10_000);
    }
  } finally {
    root.close();
  }
}

/** mariadb-install-db makes a socket account for root, and for the user that runs it. */
function rootName(): string {
  return process.getuid?.() === 0 ? 'root' : (process.env.USER ?? 'root');
}
