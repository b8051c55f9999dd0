/** The site description: what a right one becomes, and every way in which one can be wrong. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, PATIENCE, SITE_DEFAULTS } from '../model/index.ts';
import { parseSite } from './site.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-site-'));
  mkdirSync(join(folder, 'program'));
  writeFileSync(join(folder, 'config.php'), '<?php $host = "{{database.host}}"; $me = "{{ site }}";');
  writeFileSync(join(folder, 'wrong.php'), 'a {{site.secrt}} b {{site.host}} c {{nothing.like.it.anywhere}}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const parse = (text: string) => parseSite(text, join(folder, 'site.yaml'));

const SMALLEST = `
site: guestbook
hosts: [guestbook.test]
zones: [a, b, c]
application:
  processes:
    - name: php
      command: [php, -S, "{{listen.host}}:{{listen.port}}"]
  ready: {path: /ready}
database: {name: guestbook}
`;

const FULL = `
site: wordpress
hosts: [www.example.org, example.org]
plan: gold
zones: [b, a]
application:
  install:
    - {from: config.php, to: app/config.php, fill: true}
    - {from: program, to: app/program, link: true}
    - {from: /etc/hostname, to: app/hostname}
  environment: {DB: "{{database.name}}", PORT: 8080, DEBUG: false}
  processes:
    - {name: php, command: [php], environment: {ROLE: web}}
  ready: {path: /ready, within: 500ms}
  setup: [php, setup.php]
  cron: {command: [php, cron.php], every: 1m}
database: {name: wordpress}
files: [app/uploads]
notify: [ops@example.org, "https://hooks.example.org/x"]
failover:
  patience: {silence: 2s, down: 5s}
  mode: ask-first
  failback: {after: 1h, between: "22:30-05:00"}
`;

test('the smallest description, with the defaults', () => {
  expect(parse(SMALLEST)).toEqual({
    spec: {
      site: 'guestbook',
      hosts: ['guestbook.test'],
      plan: 'standard',
      zones: ['a', 'b', 'c'],
      application: {
        install: [],
        environment: {},
        processes: [{ name: 'php', command: ['php', '-S', '{{listen.host}}:{{listen.port}}'], environment: {} }],
        ready: { path: '/ready', timeoutMs: 1_000 },
        setup: null,
        cron: null,
      },
      database: { name: 'guestbook' },
      files: [],
      notify: [],
      failover: DEFAULT_POLICY,
      ...SITE_DEFAULTS,
    },
  });
});

test('a full description', () => {
  const { spec } = parse(FULL);
  expect(spec).toMatchObject({
    plan: 'gold',
    zones: ['b', 'a'],
    application: {
      install: [
        { from: join(folder, 'config.php'), to: 'app/config.php', fill: true, link: false },
        { from: join(folder, 'program'), to: 'app/program', fill: false, link: true },
        { from: '/etc/hostname', to: 'app/hostname', fill: false, link: false },
      ],
      environment: { DB: '{{database.name}}', PORT: '8080', DEBUG: 'false' },
      ready: { path: '/ready', timeoutMs: 500 },
      setup: ['php', 'setup.php'],
      cron: { command: ['php', 'cron.php'], everyMs: 60_000 },
    },
    files: ['app/uploads'],
    notify: ['ops@example.org', 'https://hooks.example.org/x'],
    failover: {
      patience: { ...PATIENCE.normal, silenceMs: 2_000, downMs: 5_000 },
      mode: 'ask-first',
      failback: { quietMs: 3_600_000, window: { fromMinute: 1_350, toMinute: 300 } },
    },
  });
  expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
});

test('with a cache its placeholders are known', () => {
  const text = FULL.replace('"{{database.name}}"', '"{{cache.socket}}"').replace('plan: gold', 'cache: redis');
  expect(parse(text).problems).toBeUndefined();
});

/** Each row is one slip in a right description: what is replaced, by what, and the problem's path and words. */
const SLIPS: [name: string, from: string, to: string, path: string, wrong: RegExp, right: RegExp][] = [
  ['a missing key', 'hosts: [www.example.org, example.org]', '', 'hosts', /missing/, /list of host names/],
  ['an unknown key', 'plan: gold', 'paln: gold', 'paln', /not a known key/, /^plan$/],
  ['an unknown key far from all', 'plan: gold', 'xyzzy: 1', 'xyzzy', /not a known key/, /one of site, hosts/],
  ['an unknown key further in', 'every: 1m', 'evry: 1m', 'application.cron.evry', /not a known key/, /^every$/],
  ['a site name', 'site: wordpress', 'site: Word Press', 'site', /"Word Press"/, /lower-case/],
  ['a host with a scheme', '[www.example.org', '["http://x.org"', 'hosts[0]', /"http:/, /without http/],
  ['a host with a port', '[www.example.org', '["x.org:80"', 'hosts[0]', /"x.org:80"/, /without a port/],
  ['a host in capitals', '[www.example.org', '[WWW.example.org', 'hosts[0]', /"WWW/, /lower-case/],
  ['a host with an empty label', '[www.example.org', '[www..org', 'hosts[0]', /"www\.\.org"/, /host name/],
  ['a host twice', 'example.org]', 'www.example.org]', 'hosts[1]', /second time/, /once/],
  ['a zone twice', 'zones: [b, a]', 'zones: [b, a, b]', 'zones[2]', /"b" a second time/, /once/],
  ['no zones', 'zones: [b, a]', 'zones: []', 'zones', /empty list/, /at least one/],
  ['zones as text', 'zones: [b, a]', 'zones: b', 'zones', /"b"/, /list of zones/],
  [
    'a file that is not there',
    'from: config.php',
    'from: confg.php',
    'application.install[0].from',

    /does not exist/,
    /exists/,
  ],
  [
    'a placeholder in a filled file',
    'from: config.php',
    'from: wrong.php',
    'application.install[0].from',

    /wrong\.php uses \{\{site\.secrt\}\}/,
    /\{\{site\.secret\}\}/,
  ],
  ['a folder to fill', 'from: config.php', 'from: program', 'application.install[0].fill', /folder/, /single files/],
  [
    'filled and linked',
    'fill: true}',
    'fill: true, link: true}',
    'application.install[0].link',

    /together/,
    /one of them/,
  ],
  [
    'out of the copy',
    'to: app/config.php',
    'to: ../config.php',
    'application.install[0].to',

    /"\.\.\/config/,
    /inside the copy/,
  ],
  [
    'an absolute place',
    'to: app/config.php',
    'to: /etc/passwd',
    'application.install[0].to',

    /"\/etc/,
    /no leading slash/,
  ],
  [
    'two at one place',
    'to: app/program',
    'to: app/config.php',
    'application.install[1].to',

    /second time/,
    /of its own/,
  ],
  [
    'a command as text',
    'command: [php], ',
    'command: php -S x, ',
    'application.processes[0].command',

    /"php -S x"/,
    /list of words/,
  ],
  [
    'an unknown placeholder',
    '"{{database.name}}"',
    '"{{database.hots}}"',
    'application.environment.DB',

    /database\.hots/,
    /\{\{database\.host\}\}/,
  ],
  [
    'the cache of a site that has none',
    '"{{database.name}}"',
    '"{{cache.socket}}"',
    'application.environment.DB',
    /cache\.socket.*no cache/,
    /cache: redis/,
  ],
  [
    'an unknown placeholder in a rebuild',
    'plan: gold',
    'search: {url: "http://127.0.0.1:8983", rebuild: [index, "{{copy.dri}}"]}',
    'search.rebuild[1]',
    /copy\.dri/,
    /\{\{copy\.dir\}\}/,
  ],
  [
    'an unknown placeholder in the address of an index',
    'plan: gold',
    'search: {url: "http://{{listen.hots}}", rebuild: [index]}',
    'search.url',
    /listen\.hots/,
    /\{\{listen\.host\}\}/,
  ],
  [
    'a rebuild without words',
    'plan: gold',
    'search: {url: "http://127.0.0.1:8983", rebuild: []}',
    'search.rebuild',
    /empty list/,
    /the program to run/,
  ],
  [
    'a rebuild of blanks',
    'plan: gold',
    'search: {url: "http://127.0.0.1:8983", rebuild: [" "]}',
    'search.rebuild[0]',
    /is empty/,
    /the program to run/,
  ],
  ['another kind of cache', 'plan: gold', 'cache: memcached', 'cache', /"memcached"/, /redis/],
  ['a number that would change', 'PORT: 8080', 'PORT: 1.10', 'application.environment.PORT', /1\.1/, /in quotes/],
  [
    'a variable name',
    'ROLE: web',
    '"RO-LE": web',
    'application.processes[0].environment.RO-LE',

    /.*/,
    /letters, digits/,
  ],
  ['a readiness path', 'path: /ready', 'path: ready', 'application.ready.path', /"ready"/, /such as \/health/],
  [
    'a duration without unit',
    'within: 500ms',
    'within: 500',
    'application.ready.within',

    /is 500/,
    /for example 1s/,
  ],
  ['a duration out of range', 'every: 1m', 'every: 10ms', 'application.cron.every', /"10ms"/, /from 1s/],
  ["MariaDB's own database", 'name: wordpress}', 'name: mysql}', 'database.name', /"mysql"/, /none of MariaDB/],
  ['folders in one another', '[app/uploads]', '[app, app/uploads]', 'files[1]', /inside "app"/, /alone/],
  [
    'a page shown to some',
    'plan: gold',
    'status: {visibility: hidden}',
    'status.visibility',
    /"hidden"/,
    /public, private/,
  ],
  ['a page by a word', 'plan: gold', 'status: private', 'status', /"private"/, /visibility: private/],
  ['a link by a word', 'plan: gold', 'status: {link: secret}', 'status.link', /"secret"/, /whole number/],
  ['a title of two lines', 'plan: gold', 'status: {title: "a\\nb"}', 'status.title', /./, /name for visitors/],
  ['a notice address', '[ops@example.org', '[ops', 'notify[0]', /"ops"/, /e-mail/],
  ['a patience by no name', '{silence: 2s, down: 5s}', 'patient', 'failover.patience', /"patient"/, /eager, normal/],
  ['an impatient silence', 'silence: 2s', 'silence: 50ms', 'failover.patience.silence', /"50ms"/, /at least 200 ms/],
  ['a number without unit', 'silence: 2s', 'silence: 600', 'failover.patience.silence', /is 600/, /600ms/],
  ['an unknown number', 'silence: 2s', 'silnce: 2s', 'failover.patience.silnce', /not a known key/, /^silence$/],
  ['a mode', 'mode: ask-first', 'mode: ask', 'failover.mode', /"ask"/, /automatic or ask-first/],
  ['a failback by a word', '{after: 1h, between: "22:30-05:00"}', 'soon', 'failover.failback', /"soon"/, /never, or/],
  ['a failback without quiet', 'after: 1h, ', '', 'failover.failback.after', /missing/, /for example 1h/],
  ['a failback at once', 'after: 1h', 'after: 1s', 'failover.failback.after', /"1s"/, /from 1m/],
  ['an empty window', '22:30-05:00', '05:00-05:00', 'failover.failback.between', /05:00-05:00/, /two different/],
  ['a wrong hour', '22:30-05:00', '22:30-25:00', 'failover.failback.between', /25:00/, /times of the day/],
  [
    'a policy as text',
    'failover:\n  patience: {silence: 2s, down: 5s}\n  mode: ask-first\n  failback: {after: 1h, between: "22:30-05:00"}',
    'failover: careful',
    'failover',
    /"careful"/,
    /patience: careful/,
  ],
];

/** Slips that are two problems: the wrong key and the missing right one; two placeholders in one file. */
const TWO = ['an unknown key further in', 'a placeholder in a filled file'];

describe('one slip is one problem', () => {
  test.each(SLIPS)('%s', (name, from, to, path, wrong, right) => {
    expect(FULL).toContain(from);
    const { problems } = parse(FULL.replace(from, to));
    const line = name === 'a missing key' ? 2 : FULL.slice(0, FULL.indexOf(from)).split('\n').length;
    expect(problems).toHaveLength(TWO.includes(name) ? 2 : 1);
    expect(problems).toContainEqual({
      path,
      line,
      wrong: expect.stringMatching(wrong),
      right: expect.stringMatching(right),
    });
  });
});

test('all problems are told at once, in the order of the lines', () => {
  const text = SLIPS.filter(([, from]) => !['hosts: [www.example.org, example.org]'].includes(from))
    .filter(([, from], index, all) => all.findIndex(([, other]) => other === from) === index)
    .reduce((whole, [, from, to]) => whole.replace(from, to), FULL);
  const { problems } = parse(text);
  expect(problems!.length).toBeGreaterThan(15);
  const lines = problems!.map((problem) => problem.line ?? 0);
  expect(lines).toEqual([...lines].sort((one, other) => one - other));
});

test('what is not YAML is told with its line', () => {
  const { problems } = parse('site: x\nhosts: [a\nzones: [b]\n');
  expect(problems?.[0]).toMatchObject({ line: 3, wrong: expect.stringMatching(/not readable as YAML/) });
});

test('a key twice is told, not silently won by the last', () => {
  expect(parse(`${SMALLEST}site: other\n`).problems?.[0]).toMatchObject({
    line: 11,
    wrong: expect.stringMatching(/unique/),
  });
});

test('an empty file and one that is a list miss everything', () => {
  expect(parse('').problems?.map(({ path }) => path)).toEqual(['site', 'hosts', 'zones', 'application', 'database']);
  expect(parse('- a\n').problems?.[0]).toMatchObject({ path: '', wrong: expect.stringMatching(/is a list/) });
});
