/**
 * docs/guide/getting-started.md, followed to the letter: its files are written and its commands are run on four machines with its
 * addresses. Only the packages are here already, and systemd is stood in for.
 */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createMachines, type Machine, type Machines } from './support/machines.ts';

const LIMIT_MS = 300_000;
const WAIT = { timeout: 150_000, interval: 500 };
const page = readFileSync(new URL('../docs/guide/getting-started.md', import.meta.url), 'utf8');

/** The code blocks of a numbered section. */
function blocks(section: number, language: string): string[] {
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}. `))!;
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!);
}

const HOSTS = [
  ['one', 'a', '10.0.1.11'],
  ['two', 'b', '10.0.2.11'],
  ['three', 'c', '10.0.3.11'],
] as const;

/** What the page shows for host one, for another: its zone, its own addresses, the own member of the store first. */
function forHost(text: string, zone: string, address: string): string {
  const endpoints = HOSTS.map(([, , each]) => each).toSorted((one) => (one === address ? -1 : 0));
  return text
    .replace(/^zone: a$/m, `zone: ${zone}`)
    .replace(/^ETCD_NAME=a$/m, `ETCD_NAME=${zone}`)
    .replace(
      /^((?:listen|address|ETCD_(?!INITIAL_CLUSTER)\w+|ETCD_INITIAL_ADVERTISE\w+)[:=].*)10\.0\.1\.11/gm,
      `$1${address}`,
    )
    .replace(/endpoints: \[.*?\]/, `endpoints: [${endpoints.map((each) => `'http://${each}:2379'`).join(', ')}]`);
}

let network: Machines;
let hosts: Machine[];
let one: Machine;
let edge: Machine;

beforeAll(async () => {
  network = await createMachines({
    ...Object.fromEntries(HOSTS.map(([name, , address]) => [name, [`${address}/24`]])),
    'edge-1': ['10.0.9.10/24', '203.0.113.10/24'],
  });
  hosts = HOSTS.map(([name]) => network.machines[name]!);
  [one, edge] = [hosts[0]!, network.machines['edge-1']!];
}, LIMIT_MS);

afterAll(async () => {
  await network?.end();
}, LIMIT_MS);

/** As one would in the terminal of step 5. */
const EXPORTS = () => blocks(5, 'sh')[0]!.split('\n').slice(0, 2).join('\n');
const holdfast = (command: string, host = one, limitMs = 120_000) =>
  host.run(`${EXPORTS()}\nnpx holdfast ${command}`, limitMs);

const visit = (path: string) =>
  network.outside(
    `curl -s -m 20 -o /dev/null -w '%{http_code}' -H 'Host: shop.example.org' http://203.0.113.10${path}`,
  );

it('1. the packages that it names are those of this system, but for git and npm', async () => {
  const named = blocks(1, 'sh')
    .flatMap((block) => block.match(/apt-get install --no-install-recommends (.*)/)?.[1]?.split(' ') ?? [])
    .filter((name) => name !== 'git' && name !== 'npm');
  expect(named.length).toBeGreaterThan(15);
  const lines = await one.run(`dpkg-query -W -f '\${db:Status-Status}\\n' ${named.join(' ')}`);
  expect(new Set(lines.trim().split('\n'))).toEqual(new Set(['installed']));
});

it('2. to 4. the store, the key and the programs', { timeout: LIMIT_MS }, async () => {
  const [defaults, start] = blocks(2, 'sh') as [string, string];
  for (const [index, [, zone, address]] of HOSTS.entries()) {
    hosts[index]!.write('/etc/default/etcd', forHost(defaults, zone, address));
    await hosts[index]!.run('mkdir -p /var/lib/etcd && systemctl enable --now etcd');
  }
  const health = start.split('\n').find((line) => line.startsWith('etcdctl'))!;
  await vi.waitFor(async () => expect((await one.run(health)).match(/is healthy/g)).toHaveLength(3), WAIT);

  await one.run(blocks(3, 'sh')[0]!);
  const key = one.read('/etc/holdfast/cluster.key');
  expect(key).toMatch(/^[0-9a-f]{48}\n$/);
  const others = [...hosts.slice(1), edge];
  for (const machine of others) {
    await machine.run('install -d -m 0700 /etc/holdfast');
    machine.write('/etc/holdfast/cluster.key', key, 0o600);
  }

  const [controller, agent, atEdge] = blocks(4, 'yaml') as [string, string, string];
  const [unit] = blocks(4, 'ini') as [string];
  const [enable] = blocks(4, 'sh') as [string];
  const [onHosts, onEdge] = enable.trim().split('\n') as [string, string];
  for (const [index, [, zone, address]] of HOSTS.entries()) {
    const host = hosts[index]!;
    host.write('/etc/holdfast/controller.yaml', forHost(controller, zone, address));
    host.write('/etc/holdfast/agent.yaml', forHost(agent, zone, address));
    host.write('/etc/systemd/system/holdfast@.service', unit);
    await host.run(onHosts);
  }
  edge.write('/etc/holdfast/edge.yaml', atEdge);
  edge.write('/etc/systemd/system/holdfast@.service', unit);
  await edge.run(onEdge);
});

it('5. is it there?', { timeout: LIMIT_MS }, async () => {
  await vi.waitFor(async () => {
    const status = await holdfast('status');
    for (const [, zone] of HOSTS) expect(status).toMatch(new RegExp(`^ +${zone} +healthy`, 'm'));
  }, WAIT);
  console.error(await one.run(blocks(5, 'sh')[0]!));
  expect(await holdfast('sign-in')).toMatch(/http:\/\/10\.0\.[123]\.11:7100\/\S+/);
});

it('6. the first site', { timeout: LIMIT_MS }, async () => {
  const folder = join(tmpdir(), `hf-guide-site-${process.pid}`);
  cpSync(new URL('../examples/guestbook', import.meta.url), folder, { recursive: true });
  const description = readFileSync(join(folder, 'site.yaml'), 'utf8')
    .replace('site: guestbook', 'site: shop')
    .replace('hosts: [guestbook.localhost]', 'hosts: [shop.example.org]');
  for (const host of hosts) {
    await host.run('mkdir -p /srv/sites && cp -r /opt/holdfast/examples/guestbook /srv/sites/shop');
    host.write('/srv/sites/shop/site.yaml', description);
  }
  rmSync(folder, { recursive: true });
  const [check, apply] = blocks(6, 'sh')[0]!.trim().split('\n') as [string, string];
  await one.run(`${EXPORTS()}\n${check}\n${apply}`);
  await vi.waitFor(async () => expect(await holdfast('status')).toMatch(/shop .*protected/), WAIT);
  await vi.waitFor(async () => expect(await visit('/')).toBe('200'), WAIT);
});

it('9. the first drill; 10. a backup of the store', { timeout: LIMIT_MS }, async () => {
  const [drill] = blocks(9, 'sh') as [string];
  const told = await one.run(`${EXPORTS()}\n${drill}`, 200_000);
  console.error(told);
  expect(told).toMatch(/passed/i);
  await one.run(blocks(10, 'sh')[0]!);
  expect(await one.run('etcdctl snapshot status /root/holdfast-store.db')).toMatch(/\d/);
});

it('9. zone a is switched off, all of it', { timeout: LIMIT_MS }, async () => {
  expect(await holdfast('status')).toMatch(/shop .*\ba\b/);
  await one.off();
  await vi.waitFor(async () => expect(await visit('/')).toBe('200'), WAIT);
  const two = hosts[1]!;
  await vi.waitFor(async () => expect(await holdfast('status', two)).toMatch(/shop .*protected/), WAIT);
  console.error(await holdfast('status', two));
});
