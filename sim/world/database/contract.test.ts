/** The simulated server is held to what was measured of the real one: each test is a line of those facts. */
import { describe, expect, it } from 'vitest';
import { createServers } from './a-pair.ts';
import { breakConnections, stopIo } from './connection.ts';
import { positionOf, writesOf } from './data-dir.ts';
import { receivedPosition } from './replica.ts';
import type { Server } from './server.ts';

/** A protected pair: live in a, its acknowledging standby in b. */
async function aPair(change = {}) {
  const servers = createServers(change);
  const live = await servers.live('a', 'b');
  const standby = await servers.follower('b', live, true);
  return { ...servers, live, standby };
}

const committed = ({ dir }: Server) => writesOf(dir.log.slice(0, dir.committed));

/** How long it takes until the thread has ended. */
async function stopping(
  { engine }: { engine: { now(): number; runUntil(at: number): Promise<void> } },
  server: Server,
) {
  const startedAt = engine.now();
  let took: number | null = null;
  stopIo(server, () => {
    took = engine.now() - startedAt;
  });
  await engine.runUntil(startedAt + 4_000);
  return took;
}

describe('acknowledgement', () => {
  it('a commit is told OK once the standby has received it', async () => {
    const { live, standby, write } = await aPair();
    expect(await write(live, 1, 20)).toBe('ok');
    expect(committed(standby)).toEqual([1]);
  });

  it('a server starts read-only and waiting', async () => {
    const { start, write } = createServers();
    const server = await start('a', (await createServers().live('a', null)).dir, 'plain');
    expect([server.readOnly, server.waiting]).toEqual([true, true]);
    expect(await write(server, 1, 20)).toBe('read-only');
  });

  it('isolated: never acknowledged, and not visible', async () => {
    const { live, net, write } = await aPair();
    net.trouble('a', 'b', { cut: true });
    expect(await write(live, 1, 60_000)).toBeNull();
    expect([live.dir.log.length, committed(live)]).toEqual([1, []]);
  });

  it('the standby disconnected: waited for all the same (wait_no_slave=1)', async () => {
    const { live, standby, write } = await aPair();
    standby.process.end();
    expect(await write(live, 1, 60_000)).toBeNull();
  });

  it('wait_no_slave=0 with the standby disconnected leaks', async () => {
    const { live, standby, write } = await aPair({ bug: (name: string) => name === 'ack-without-standby' });
    standby.process.end();
    expect(await write(live, 1, 60)).toBe('ok');
  });

  it('killing the connection that waits: no acknowledgement, and the transaction goes on waiting', async () => {
    const { live, net, wait } = await aPair();
    net.trouble('a', 'b', { cut: true });
    let told: string | null = null;
    const waiter = live.commit(1, false, (outcome) => {
      told = outcome;
    });
    await wait(100);
    waiter.abort();
    await wait(1_000);
    expect([told, live.dir.log.length, committed(live)]).toEqual([null, 1, []]);
  });

  it('switching the waiting off releases every waiter as OK', async () => {
    const { live, net, write } = await aPair();
    net.trouble('a', 'b', { cut: true });
    const told = write(live, 1, 500);
    await told;
    live.setWaiting(false);
    expect(committed(live)).toEqual([1]);
  });

  it('another replica that acknowledges would count, so its account is locked out', async () => {
    const { live, follower, write, net, wait } = await aPair();
    const other = await follower('c', live, true);
    expect([other.replica.io, other.replica.ioErrno]).toEqual(['connecting', 4151]);
    net.trouble('a', 'b', { cut: true });
    expect(await write(live, 1, 500)).toBeNull();
    live.dir.locked.delete('c');
    await wait(2_500);
    expect(other.replica.io).toBe('yes');
    expect(committed(live)).toEqual([1]);
  });

  it('a replica that follows without acknowledging ends no waiting', async () => {
    const { live, follower, write, net } = await aPair();
    const spare = await follower('c', live, false);
    net.trouble('a', 'b', { cut: true });
    expect(await write(live, 1, 500)).toBeNull();
    expect(committed(spare)).toEqual([1]);
  });

  it('a replica whose own waiting is on receives, acknowledges and applies nothing', async () => {
    const { live, standby, write } = await aPair();
    standby.setWaiting(true);
    expect(await write(live, 1, 500)).toBe('ok');
    expect([committed(standby), receivedPosition(standby)]).toEqual([[], positionOf(live.dir.log)]);
  });
});

describe('restart of a live server that waits', () => {
  const tailOf = async (mode: 'plain' | 'rejoin', end: 'kill' | 'terminate') => {
    const { live, net, start, write, events } = await aPair();
    await write(live, 1, 50);
    net.trouble('a', 'b', { cut: true });
    await write(live, 2, 50);
    if (end === 'kill') live.process.end();
    else live.terminate();
    const again = await start('a', live.dir, mode);
    const truncated = events.flatMap((event) => (event.kind === 'truncated' ? writesOf(event.txns) : []));
    return { kept: committed(again), truncated };
  };
  it.each([
    ['plain', 'kill', [1, 2], []],
    ['plain', 'terminate', [1, 2], []],
    ['rejoin', 'kill', [1], [2]],
    ['rejoin', 'terminate', [1, 2], []],
  ] as const)('started %s after a %s: holds %j, truncated %j', async (mode, end, kept, truncated) => {
    expect(await tailOf(mode, end)).toEqual({ kept, truncated });
  });
});

describe('stopping the receiving thread', () => {
  it('takes some milliseconds when the source is there', async () => {
    const pair = await aPair();
    expect(await stopping(pair, pair.standby)).toBeLessThan(5);
  });

  it('takes some milliseconds when the source was killed', async () => {
    const pair = await aPair();
    pair.live.process.end();
    await pair.wait(100);
    expect(await stopping(pair, pair.standby)).toBeLessThan(5);
  });

  it.each(['cut', 'frozen'])('takes two seconds when the source is silent (%s)', async (how) => {
    const pair = await aPair();
    if (how === 'cut') pair.net.trouble('a', 'b', { cut: true });
    else pair.live.process.pause();
    await pair.wait(100);
    expect(await stopping(pair, pair.standby)).toBeCloseTo(2_003, 0);
  });

  it('ends at once when its connection is broken meanwhile, and nothing is acknowledged from then on', async () => {
    const pair = await aPair();
    pair.live.process.pause();
    let stopped = false;
    stopIo(pair.standby, () => {
      stopped = true;
    });
    await pair.wait(10);
    expect(stopped).toBe(false);
    breakConnections(pair.standby, 'a');
    pair.live.process.resume();
    expect(await pair.write(pair.live, 1, 60)).toBeNull();
    expect([stopped, committed(pair.standby), committed(pair.live)]).toEqual([true, [], []]);
  });
});

describe('the replica', () => {
  it('notices a killed source after some 15 ms', async () => {
    const { live, standby, wait } = await aPair();
    live.process.end();
    await wait(10);
    expect(standby.replica.io).toBe('yes');
    await wait(10);
    expect(standby.replica.io).toBe('connecting');
  });

  it('notices a silent source after one to two seconds and a half', async () => {
    const { standby, net, wait } = await aPair();
    net.trouble('a', 'b', { cut: true });
    await wait(900);
    expect(standby.replica.io).toBe('yes');
    await wait(2_000);
    expect(standby.replica.io).toBe('connecting');
  });

  it('loses what it received and had not applied when it is restarted', async () => {
    const { live, standby, start, write } = await aPair();
    standby.replica.sqlRunning = false;
    expect(await write(live, 1, 50)).toBe('ok');
    live.process.end();
    standby.process.end();
    expect(committed(await start('b', standby.dir, 'rejoin'))).toEqual([]);
  });

  it('heartbeats come every half second when nothing is written', async () => {
    const { standby, wait } = await aPair();
    const before = standby.replica.heard;
    await wait(5_000);
    expect(standby.replica.heard - before).toBe(10);
  });
});

describe('a returning server', () => {
  const returning = async (tail: boolean, mode: 'plain' | 'rejoin') => {
    const { live, standby, start, follow, write, wait, net } = await aPair();
    await write(live, 1, 50);
    const heal = net.trouble('a', 'b', { cut: true });
    if (tail) await write(live, 2, 50);
    live.process.end();
    stopIo(standby, () => standby.makeWritable());
    await wait(3_000);
    await write(standby, 3, 50);
    const again = await start('a', live.dir, mode);
    again.dir.slavePosition = positionOf(again.dir.log);
    heal();
    return { again, follow, wait };
  };

  it.each([
    [false, 'plain', 'yes', 0],
    [false, 'rejoin', 'yes', 0],
    [true, 'rejoin', 'yes', 0],
    [true, 'plain', 'no', 1236],
  ] as const)('with a tail: %s, started %s: follows %s (%i)', async (tail, mode, io, errno) => {
    const { again, follow, wait } = await returning(tail, mode);
    follow(again, 'b', false);
    await wait(200);
    expect([again.replica.io, again.replica.ioErrno]).toEqual([io, errno]);
  });

  it('is refused by a source whose binlog begins after its position', async () => {
    const { live, follower, wait, follow, start } = await aPair();
    const built = await follower('c', live, false);
    built.dir.purgedTo = 5;
    const old = await start('b', { ...live.dir, log: [], committed: 0, slavePosition: '', source: null }, 'rejoin');
    follow(old, 'c', false);
    await wait(100);
    expect([old.replica.io, old.replica.ioErrno]).toEqual(['no', 1236]);
  });
});
