/**
 * Machines on one network: each has addresses, processes and files of its own (namespaces, and an overlay over this host's root), the
 * project at /opt/holdfast, and a `systemctl` that starts what a unit or /etc/default says. Everything goes when it is ended.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock as clock } from '../../src/platform/clock.ts';

const PROJECT = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
const READY_MS = 10_000;

export interface Machine {
  name: string;
  /** In a shell of its own; rejects with everything it printed. */
  run(command: string, limitMs?: number): Promise<string>;
  write(path: string, text: string, mode?: number): void;
  read(path: string): string;
  /** Its power is cut. */
  off(): Promise<void>;
}

export interface Machines {
  machines: Record<string, Machine>;
  /** A command of somebody outside, from whose network the machines are reached. */
  outside(command: string, limitMs?: number): Promise<string>;
  end(): Promise<void>;
}

/** No daemon here: a unit's program is started, in a session of its own, and not started again. */
const SYSTEMCTL = `#!/bin/bash
set -eu
verb=$1; shift
[ "$verb" = enable ] || exit 0
for unit in "$@"; do
  case $unit in
    --now) ;;
    etcd) set -a; . /etc/default/etcd; set +a; setsid etcd >> /var/log/etcd.log 2>&1 < /dev/null & ;;
    holdfast@*)
      name=\${unit#holdfast@}
      command=$(sed -n 's/^ExecStart=//p' /etc/systemd/system/holdfast@.service | sed "s/%i/$name/g")
      setsid $command >> /var/log/holdfast-$name.log 2>&1 < /dev/null & ;;
    *) echo "no unit $unit" >&2; exit 1 ;;
  esac
done
`;

/** `addresses`: each with its network's length. */
export async function createMachines(addresses: Record<string, string[]>): Promise<Machines> {
  const tag = `hg${process.pid.toString(36).slice(-5)}`;
  const root = mkdtempSync('/var/tmp/hf-machines-');
  const router = `${tag}r`;
  const names = Object.keys(addresses);
  const namespaceOf = (name: string) => `${tag}${names.indexOf(name)}`;
  ip('netns', 'add', router);
  ip('-n', router, 'link', 'set', 'lo', 'up');
  execFileSync('ip', ['netns', 'exec', router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  const machines: Record<string, Machine> = {};
  for (const [index, name] of names.entries()) {
    const namespace = namespaceOf(name);
    ip('netns', 'add', namespace);
    ip('-n', router, 'link', 'add', `to${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('-n', router, 'link', 'set', `to${index}`, 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    for (const address of addresses[name]!) {
      ip('-n', namespace, 'addr', 'add', address, 'dev', 'eth0');
      ip('-n', router, 'addr', 'add', address.replace(/\.\d+\//, '.1/'), 'dev', `to${index}`);
    }
    ip('-n', namespace, 'route', 'add', 'default', 'via', addresses[name]![0]!.replace(/\.\d+\/.*/, '.1'));
    machines[name] = await bootMachine(name, namespace, join(root, name));
  }
  return {
    machines,
    outside: (command, limitMs = 60_000) => shell('ip', ['netns', 'exec', router, 'sh', '-c', command], limitMs),
    async end() {
      for (const machine of Object.values(machines)) await machine.off();
      for (const name of [...names.map(namespaceOf), router]) ip('netns', 'del', name);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function bootMachine(name: string, namespace: string, folder: string): Promise<Machine> {
  const top = join(folder, 'root');
  for (const each of ['upper', 'work', 'root']) mkdirSync(join(folder, each), { recursive: true });
  // The first process of the machine takes in what loses its parent, as an init does.
  const boot = `
mount --make-rprivate / &&
mount -t overlay overlay -o lowerdir=/,upperdir=${folder}/upper,workdir=${folder}/work ${top} &&
mount -t proc proc ${top}/proc && mount --rbind /dev ${top}/dev &&
mkdir -p ${top}/opt/holdfast ${top}/etc/systemd/system && mount --bind ${PROJECT} ${top}/opt/holdfast &&
exec chroot ${top} bash -c 'echo up; while :; do sleep 3600 & wait $!; done'`;
  const holder = spawn(
    'ip',
    ['netns', 'exec', namespace, 'unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', boot],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await new Promise<void>((resolve, reject) => {
    holder.stdout!.once('data', () => resolve());
    holder.once('exit', () => reject(new Error(`the machine ${name} does not start`)));
    clock.after(READY_MS, () => reject(new Error(`the machine ${name} did not start within ${READY_MS} ms`)));
  });
  const first = firstProcessOf(holder);
  const at = (path: string) => join(`/proc/${first}/root`, path);
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    chmodSync(at(path), mode);
  };
  write('/usr/bin/systemctl', SYSTEMCTL, 0o755);
  const enter = ['--target', String(first), '--mount', '--net', '--pid', '--root', '--wdns=/root', 'bash', '-c'];
  return {
    name,
    run: (command, limitMs = 60_000) => shell('nsenter', [...enter, command], limitMs),
    write,
    read: (path) => readFileSync(at(path), 'utf8'),
    async off() {
      if (holder.exitCode !== null || holder.signalCode !== null) return;
      const gone = new Promise((resolve) => holder.once('exit', resolve));
      process.kill(first, 'SIGKILL');
      await gone;
    },
  };
}

/** `unshare` is its parent; its death is that of everything on the machine. */
function firstProcessOf(holder: ChildProcess): number {
  const children = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim();
  return Number(children.split(' ')[0]);
}

async function shell(program: string, args: string[], limitMs: number): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { timeout: limitMs, maxBuffer: 16e6 });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string };
    throw new Error(`${message}\n${stdout}${stderr}`);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
