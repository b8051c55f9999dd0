/** What docs/guide/runbooks.md says of the store, done with etcd's own tools to three real members: one without its data, and all without. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import type { Store } from '../src/store/store.ts';
import { type EtcdCluster, startEtcdCluster } from './support/etcd-cluster.ts';
import { aSpec } from './support/fixtures.ts';

const SOON = { timeout: 30_000, interval: 500 };

let cluster: EtcdCluster;
let store: Store;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hf-store-runbook-'));
  cluster = await startEtcdCluster();
  store = open();
});

afterEach(async () => {
  await store?.close();
  await cluster?.close();
  rmSync(folder, { recursive: true });
});

function open(): Store {
  return openEtcdStore({
    ...{ endpoints: cluster.endpoints, clock, log: createLog('test', {}, 'silent'), deadlineMs: 5_000 },
  });
}

const add = (site: string) => store.applySite(aSpec({ site, hosts: [`${site}.example.org`] }), clock.wall());
const sites = async () => (await store.read()).sites.map(({ spec }) => spec.site).toSorted();

async function etcdctl(...args: string[]): Promise<string> {
  const env = { ...process.env, ETCDCTL_API: '3' };
  return (await promisify(execFile)('etcdctl', args, { env })).stdout;
}

it('one member loses its data: removed and added anew while the store answers, and then as good as the others', async () => {
  const lost = 2;
  const { name, peer, folder: data } = cluster.members[lost]!;
  const reachable = ['--endpoints', cluster.endpoints.filter((_, member) => member !== lost).join(',')];
  await add('before');
  await cluster.kill(lost);
  rmSync(data, { recursive: true });
  await add('meanwhile');
  const listed = (await etcdctl(...reachable, 'member', 'list'))
    .split('\n')
    .find((line) => line.includes(` ${name},`))!;
  await etcdctl(...reachable, 'member', 'remove', listed.split(',')[0]!);
  await add('with-two');
  // Not while a member has been connected for less than five seconds: etcd says "unhealthy cluster".
  await vi.waitFor(() => etcdctl(...reachable, 'member', 'add', name, '--peer-urls', peer), SOON);
  cluster.restart(lost, 'existing');
  await cluster.ready();
  await add('with-three');
  // Two of three go on: one of them is the new one.
  await cluster.kill(0);
  await add('without-an-old-one');
  expect(await sites()).toEqual(['before', 'meanwhile', 'with-three', 'with-two', 'without-an-old-one']);
});

it('all members lose their data: the snapshot is restored on each, and is what the store held then', async () => {
  const file = join(folder, 'holdfast-store.db');
  await add('before');
  const { epoch } = (await store.placement('before'))!;
  await etcdctl('--endpoints', cluster.endpoints[0]!, 'snapshot', 'save', file);
  await add('afterwards');
  await store.close();
  for (const [member, { folder: data }] of cluster.members.entries()) {
    await cluster.kill(member);
    rmSync(data, { recursive: true });
  }
  const all = cluster.members.map(({ name, peer }) => `${name}=${peer}`).join(',');
  for (const [member, { name, peer, folder: data }] of cluster.members.entries()) {
    const own = ['--name', name, '--initial-advertise-peer-urls', peer, '--data-dir', data];
    await etcdctl(
      'snapshot',
      'restore',
      file,
      ...own,
      '--initial-cluster',
      all,
      '--initial-cluster-token',
      cluster.token,
    );
    cluster.restart(member);
  }
  await cluster.ready();
  store = open();
  expect(await sites()).toEqual(['before']);
  expect((await store.placement('before'))!.epoch).toBe(epoch);
  await add('after-all');
  expect(await sites()).toEqual(['after-all', 'before']);
});
