/** A process that holds one zone's database object, as an agent would: goals arrive on standard input, one JSON a line. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fetchBare, serveBare } from '../../bench/build/bare.ts';
import { createDatabase, type DatabaseOptions } from '../../src/agent/mariadb/database.ts';
import type { DatabaseGoal } from '../../src/agent/mariadb/goal.ts';
import { startServer } from '../../src/agent/server.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';

export type AgentFile = Omit<DatabaseOptions, 'clock' | 'log'> & { agentPort: number };

const { agentPort, ...given } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as AgentFile;
const log = createLog('agent', { zone: given.zone });
/** Measured against the encrypted way, by `bench/build`. */
const bare = process.env.BARE_BACKUPS === '1';
const database = createDatabase({ ...given, clock, log, ...(bare ? { fetchBackup: fetchBare } : {}) });
if (bare) serveBare(given.listen.host, agentPort, database);

const databaseOf = (site: string) => (site === given.site ? database : null);
const listen = `${given.listen.host}:${agentPort}`;
await startServer({ listen, zone: given.zone, clusterKey: given.clusterKey, log, databaseOf });

interface Call {
  id: number;
  call: 'status' | 'pursue' | 'promote' | 'detach';
  goal?: DatabaseGoal;
  fresh?: boolean;
}

function status() {
  return {
    report: database.report(),
    settledEpoch: database.settledEpoch(),
    promoted: database.promoted(),
    created: database.created(),
    actions: database.actions(),
  };
}

/** Answers with the milliseconds from the goal to writable, as seen by the newest sample. */
async function promote(goal: DatabaseGoal): Promise<number> {
  const startedAt = clock.mono();
  database.pursue(goal, true);
  while (database.promoted()?.epoch !== goal.epoch) {
    if (clock.mono() - startedAt > 10_000) throw new Error(`not promoted: ${JSON.stringify(database.report())}`);
    await clock.sleep(1);
  }
  return clock.mono() - startedAt;
}

async function answer({ call, goal, fresh }: Call): Promise<unknown> {
  if (call === 'pursue') return database.pursue(goal!, fresh ?? true);
  if (call === 'promote') return promote(goal!);
  if (call === 'detach') return database.detach();
  return status();
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as Call;
  answer(asked).then(
    (result) => process.stdout.write(`${JSON.stringify({ id: asked.id, result: result ?? null })}\n`),
    (error: Error) => process.stdout.write(`${JSON.stringify({ id: asked.id, error: error.message })}\n`),
  );
}
process.exit(0);
