// What has to be true of the machine, and the Debian packages that the local platform needs.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { step } from './step.js';

/**
 * In two portions: installed together with PHP's FPM, WordPress would bring Apache along, because apt settles which PHP
 * WordPress is to have before it sees that one is coming anyway.
 */
const PORTIONS = [
  ['mariadb-server', 'mariadb-backup', 'etcd-server', 'etcd-client', 'rsync', 'iproute2', 'iptables', 'curl']
    .concat(['nginx', 'libnginx-mod-http-lua', 'lua-resty-core', 'lua-resty-lrucache', 'lua-cjson'])
    .concat(['php-fpm', 'php-mysql', 'redis-server']),
  ['php', 'wordpress', 'wordpress-theme-twentytwentyone'],
];

/** What only the tests need: the browser in which the console is tried, and a font for it. */
const FOR_TESTS = ['chromium', 'fonts-dejavu-core'];

/** Services that come with the packages. Freshly installed ones are not wanted at the next boot either. */
const SERVICES = {
  'mariadb-server': 'mariadb',
  'etcd-server': 'etcd',
  nginx: 'nginx',
  'php-fpm': 'php8.2-fpm',
  'redis-server': 'redis-server',
};

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_MARK = '# made by holdfast while it installs packages; may be removed';

/** One message with the exact command to run, or null when all is well. Changes nothing. */
export function whyNotHere(verb, args) {
  const command = ['npm', verb === 'start' || verb === 'test' ? verb : `run ${verb}`]
    .concat(args.length > 0 ? ['--', ...args] : [])
    .join(' ');
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID="?debian"?$/m.test(release) || Number(/^VERSION_ID="?(\d+)/m.exec(release)?.[1] ?? 99) < 12) {
    return [
      'The local platform needs Debian 12 or newer, and this is something else. Nothing was changed.',
      'On a Debian 12 machine or virtual machine, as root, in a checkout of Holdfast, run:',
      `    ${command}`,
    ].join('\n');
  }
  if (process.getuid() !== 0) {
    const inRoot = has('sudo') ? `sudo env "PATH=$PATH" ${command}` : `su -c '${command}'`;
    return [
      'The local platform makes network namespaces and installs packages, so it needs root. Nothing was changed. Run:',
      `    ${inRoot}`,
    ].join('\n');
  }
  return null;
}

export function missingPackages(verb) {
  const wanted = verb === 'test' ? [...PORTIONS.flat(), ...FOR_TESTS] : PORTIONS.flat();
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...wanted], {
    encoding: 'utf8',
  });
  const there = new Set(
    asked.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  // `php` stands in the list only to settle that question when WordPress comes.
  return wanted.filter((name) => !there.has(name) && !(name === 'php' && there.has('wordpress')));
}

/** Installs without starting any service, and without touching one that runs. */
export async function installPackages(missing) {
  const removePolicy = forbidStarts();
  try {
    await step('Debian packages: reading the lists', ['apt-get', 'update', '-q']);
    for (const portion of [...PORTIONS, FOR_TESTS]) {
      const names = portion.filter((name) => missing.includes(name));
      if (names.length === 0) continue;
      await step(
        `Debian packages: ${names.length} of ${missing.length}`,
        ['apt-get', 'install', '-q', '-y', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...names],
        { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
      );
    }
    for (const [name, service] of Object.entries(SERVICES)) {
      if (missing.includes(name) && has('systemctl')) spawnSync('systemctl', ['disable', '--quiet', service]);
    }
  } finally {
    removePolicy();
  }
}

/** A policy that forbids starts, unless the machine has one of its own; answers what takes it away again. */
function forbidStarts() {
  const ours = () => existsSync(POLICY) && readFileSync(POLICY, 'utf8').includes(POLICY_MARK);
  if (existsSync(POLICY) && !ours()) return () => {};
  writeFileSync(POLICY, `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`, { mode: 0o755 });
  const remove = () => ours() && rmSync(POLICY);
  const end = () => {
    remove();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
  return () => {
    remove();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, end);
  };
}

function has(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}
