/** The local platform itself: zones are laid out, faults do what they say, and nothing is left behind however it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cutZone,
  freezeZone,
  healZone,
  killProgram,
  killZone,
  programPid,
  startStore,
  stopStore,
} from '../src/local/faults.ts';
import { freezeGroup, killGroup, pidsOf, thawGroup } from '../src/local/group.ts';
import { type Instance, readInstance, readLeftover, zoneOf } from '../src/local/instance.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { allPids, commandLineOf, networkOf, stateOf } from '../src/local/proc.ts';
import { answers, healthUrl } from '../src/local/ready.ts';
import { systemClock } from '../src/platform/clock.ts';
import { tracesOf } from './support/traces.ts';

const nameFor = (what: string) => `test-${what}-${process.pid}`;
const etcd = (instance: Instance, zone: string) => answers(healthUrl(instance, `etcd-${zone}`));

/** Resolves once `condition` holds; fails the test when it does not within `limitMs`. */
async function eventually(what: string, condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const until = systemClock.mono() + limitMs;
  while (!(await condition())) {
    if (systemClock.mono() > until) throw new Error(`not within ${limitMs} ms: ${what}`);
    await systemClock.sleep(20);
  }
}

describe('a platform that runs', () => {
  let platform: Platform;
  let instance: Instance;

  beforeAll(async () => {
    platform = await startPlatform({ name: nameFor('zones'), siteFile: null, temporary: true, programs: 'store' });
    instance = platform.instance;
  });
  afterAll(() => platform?.stop());

  test('has a zone for each letter, with an address, processes and a network of its own', () => {
    expect(instance.zones.map(({ zone }) => zone)).toEqual(['a', 'b', 'c']);
    expect(new Set(instance.zones.map(({ host }) => host)).size).toBe(3);
    const networks = instance.zones.map((zone) => pidsOf(zone.group).map(networkOf));
    expect(networks.map((found) => found.length)).toEqual([1, 1, 1]);
    expect(new Set([...networks.flat(), networkOf(process.pid)]).size).toBe(4);
  });

  test('is found by other commands by its name, and refuses to be started twice', async () => {
    expect(readInstance(instance.name)).toEqual(instance);
    const second = startPlatform({ name: instance.name, siteFile: null, programs: 'store' });
    await expect(second).rejects.toThrow('runs already');
    expect(await etcd(instance, 'a')).toBe(true);
  });

  test('kill ends every process of one zone, which stays down until it is healed', async () => {
    await killZone(instance, 'a');
    expect(pidsOf(zoneOf(instance, 'a').group)).toEqual([]);
    await systemClock.sleep(500);
    expect(pidsOf(zoneOf(instance, 'a').group)).toEqual([]);
    await eventually('the other two elect', () => etcd(instance, 'b'));
    await healZone(instance, 'a');
    await eventually('the member in a is back', () => etcd(instance, 'a'));
  });

  test('freeze stops the processes of one zone, and healing lets them go on', async () => {
    const pid = programPid(instance, 'etcd-b')!;
    await freezeZone(instance, 'b');
    expect(await etcd(instance, 'b')).toBe(false);
    await eventually('the other two elect', () => etcd(instance, 'c'));
    await healZone(instance, 'b');
    await eventually('the member in b answers', () => etcd(instance, 'b'));
    expect(programPid(instance, 'etcd-b')).toBe(pid);
  });

  test('a frozen zone can be killed', async () => {
    await freezeZone(instance, 'b');
    await killZone(instance, 'b');
    expect(pidsOf(zoneOf(instance, 'b').group)).toEqual([]);
    await healZone(instance, 'b');
    await eventually('the member in b is back', () => etcd(instance, 'b'));
  });

  test('cut drops packets in silence: nothing is refused, processes go on', async () => {
    const pid = programPid(instance, 'etcd-c')!;
    await cutZone(instance, 'c');
    const failure = await fetch(zoneOf(instance, 'c').etcd, { signal: AbortSignal.timeout(400) }).catch((e) => e.name);
    expect(failure).toBe('TimeoutError');
    expect(stateOf(pid)).toMatch(/[RS]/);
    await eventually('the other two elect', () => etcd(instance, 'a'));
    await healZone(instance, 'c');
    await eventually('the member in c answers', () => etcd(instance, 'c'));
    expect(programPid(instance, 'etcd-c')).toBe(pid);
  });

  test('a program that dies by itself is started again', async () => {
    const before = programPid(instance, 'etcd-a')!;
    expect(killProgram(instance, 'etcd-a')).toBe(true);
    await eventually('another process runs', () => ![before, null].includes(programPid(instance, 'etcd-a')), 2_000);
    await eventually('it answers', () => etcd(instance, 'a'));
  });

  test('the whole store can be stopped and started', async () => {
    stopStore(instance);
    await eventually('no member is left', () => instance.zones.every((zone) => pidsOf(zone.group).length === 0));
    await systemClock.sleep(300);
    expect(await Promise.all(['a', 'b', 'c'].map((zone) => etcd(instance, zone)))).toEqual([false, false, false]);
    startStore(instance);
    for (const zone of ['a', 'b', 'c']) await eventually(`${zone} is back`, () => etcd(instance, zone));
  });

  test('stop leaves nothing, also with one zone frozen and one cut', async () => {
    await freezeZone(instance, 'a');
    await cutZone(instance, 'b');
    await platform.stop();
    expect(tracesOf(instance)).toEqual([]);
    expect(readInstance(instance.name)).toBeNull();
  });
});

describe('a platform whose keeper ends', () => {
  const kept: { keeper: ChildProcess; instance: Instance }[] = [];

  afterAll(async () => {
    for (const { keeper, instance } of kept) {
      keeper.kill('SIGKILL');
      await eventually('everything is gone', () => tracesOf(instance).length === 0);
    }
  });

  async function keep(what: string): Promise<{ keeper: ChildProcess; instance: Instance }> {
    const name = nameFor(what);
    const script = join(import.meta.dirname, 'support/keep-platform.ts');
    const keeper = spawn(process.execPath, [script, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    const first = await Promise.race([once(keeper.stdout!, 'data'), once(keeper, 'exit').then(() => null)]);
    const instance = readInstance(name);
    if (first === null || instance === null) throw new Error('the keeper ended before its platform was up');
    kept.push({ keeper, instance });
    expect(tracesOf(instance).length).toBeGreaterThan(8);
    return { keeper, instance };
  }

  test('by SIGKILL leaves nothing', async () => {
    const { keeper, instance } = await keep('killed');
    keeper.kill('SIGKILL');
    await eventually('everything is gone', () => tracesOf(instance).length === 0);
  });

  test('by SIGTERM has left nothing when it exits', async () => {
    const { keeper, instance } = await keep('told');
    keeper.kill('SIGTERM');
    await once(keeper, 'exit');
    expect(tracesOf(instance)).toEqual([]);
  });

  test('together with its reaper is cleared away by the next start of that name', async () => {
    const { keeper, instance } = await keep('orphaned');
    const reaper = allPids().find((pid) => commandLineOf(pid).endsWith(`reaper.ts ${instance.name}`))!;
    process.kill(reaper, 'SIGKILL');
    keeper.kill('SIGKILL');
    await once(keeper, 'exit');
    expect(readInstance(instance.name)).toBeNull();
    expect(readLeftover(instance.name)).not.toBeNull();
    expect(tracesOf(instance)).not.toEqual([]);
    const next = await startPlatform({ name: instance.name, siteFile: null, temporary: true, programs: 'store' });
    await next.stop();
    expect(tracesOf(instance)).toEqual([]);
  });
});

test('a machine without cgroups: a group is who carries its mark', async () => {
  const group = { mark: nameFor('marked'), cgroup: null, namespaceFile: null };
  const env = { ...process.env, HOLDFAST_GROUP: group.mark };
  const shell = spawn('sh', ['-c', 'sleep 60 & sleep 60'], { detached: true, env });
  await eventually('three processes', () => pidsOf(group).length === 3);
  const pids = pidsOf(group);
  await freezeGroup(group);
  await eventually('all stand still', () => pids.every((pid) => stateOf(pid) === 'T'));
  thawGroup(group);
  await eventually('all go on', () => pids.every((pid) => stateOf(pid) === 'S'));
  await killGroup(group);
  expect(pidsOf(group)).toEqual([]);
  expect(shell.pid).toBeDefined();
});
