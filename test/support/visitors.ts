/** Visitors of the running platform while a test does something to it; counts what they were answered and what is in the database. */

import { longestGap } from '../../src/drill/judge.ts';
import { type LoadThread, startLoadThread } from '../../src/drill/load/thread.ts';
import { readBack } from '../../src/drill/read-back.ts';
import type { Ground } from '../../src/drill/run.ts';
import { DRILL_SITES } from '../../src/drill/sites.ts';

export interface Visit {
  requests: number;
  getFailed: number;
  otherFailed: number;
  ackedLost: number;
  executedTwice: number;
  /** Longest time without an acknowledged write. */
  writeGapMs: number;
  /** Of those that were answered: from sending to the whole answer. */
  longestMs: number;
  /** What the first ten failures were told, and how long after the beginning. */
  failures: string[];
}

const GUESTBOOK = DRILL_SITES.guestbook!;
/** Half of what a drill sends: tests count, and leave the machine room for what they count at. */
export const TEST_RATES = { gets: 50, writes: 25 } as const;

/** TEST_RATES on the guestbook for as long as `during` takes, and a second more. */
export async function visitDuring(ground: Ground, during: () => Promise<void>): Promise<Visit> {
  const { instance, store, clock } = ground;
  const record = (await store.read()).sites.find(({ spec }) => spec.site === GUESTBOOK.name)!;
  const [host = '', port = ''] = instance.edge.listen.split(':');
  const runId = `v${clock.wall().toString(36)}`;
  const load: LoadThread = startLoadThread({
    address: { host, port: Number(port) },
    host: record.spec.hosts[0]!,
    get: GUESTBOOK.get,
    write: GUESTBOOK.write,
    getsPerSecond: TEST_RATES.gets,
    writesPerSecond: TEST_RATES.writes,
    clients: 8,
    timeoutMs: 30_000,
    runId,
  });
  try {
    await clock.sleep(1_500);
    const from = clock.wall();
    await during();
    await clock.sleep(1_000);
    const to = clock.wall();
    const samples = await load.stop();
    const live = (await store.placement(GUESTBOOK.name))!.live;
    const rows = await readBack(ground, record, live, GUESTBOOK.countSql.replaceAll('{{run}}', runId));
    const writes = samples.filter(({ kind }) => kind === 'write');
    return {
      requests: samples.length,
      getFailed: samples.filter(({ kind, ok }) => kind === 'get' && !ok).length,
      otherFailed: writes.filter(({ ok }) => !ok).length,
      ackedLost: writes.filter(({ ok, id }) => ok && !rows.has(id)).length,
      executedTwice: writes.filter(({ id }) => (rows.get(id) ?? 0) > 1).length,
      writeGapMs: Math.round(longestGap(writes, from, to).ms),
      longestMs: Math.round(Math.max(0, ...samples.filter(({ ok }) => ok).map((one) => one.finishedAt - one.sentAt))),
      failures: samples
        .filter(({ ok }) => !ok)
        .slice(0, 10)
        .map(
          (one) => `${one.id} at ${Math.round(one.sentAt - from)} ms: ${one.error ?? one.status} ${one.outcome ?? ''}`,
        ),
    };
  } finally {
    await load.abandon();
  }
}
