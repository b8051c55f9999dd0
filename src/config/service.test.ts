/** The service description: what a right one becomes, and every problem of a wrong one with its line. */
import { expect, it } from 'vitest';
import { kindOfDescription, parseService } from './service.ts';

const RIGHT = `service: Example Hosting
urls: { console: https://console.example.org/, status: https://status.example.org }
contact: { sales: sales@example.org, support: "+49 30 1234567" }
plans:
  - { name: elite, title: Elite, disasterRecovery: add-on }
people:
  - name: Anna
    timeZone: Europe/Berlin
    addresses:
      - { channel: email, to: anna@example.org }
      - { channel: slack, atLeast: warning }
    quiet: ["22:00-07:00"]
    sites: ["*"]
onCall:
  escalateAfter: 2m
  shifts:
    - { person: Anna, hours: [{ days: [mon, sun], between: "08:00-18:00" }] }
channels:
  email: { host: mail.example.org, from: status@example.org }
  slack: { webhookFile: /etc/holdfast/slack }
level: { target: 99.9%, credits: [{ below: 99.5%, percent: 10 }] }
maintenance:
  - { id: switches, title: New switches, from: "2026-12-01T02:00:00+01:00", to: "2026-12-01T03:00:00Z" }
`;

it('a right one, with its defaults', () => {
  const { spec, problems } = parseService(RIGHT, '/x/service.yaml');
  expect(problems).toBeUndefined();
  expect(spec).toMatchObject({
    name: 'Example Hosting',
    urls: { console: 'https://console.example.org' },
    people: [
      {
        language: 'en',
        addresses: [
          { channel: 'email', to: 'anna@example.org', atLeast: 'info' },
          { channel: 'slack', to: '/etc/holdfast/slack', atLeast: 'warning' },
        ],
        quiet: [{ fromMinute: 1_320, toMinute: 420 }],
      },
    ],
    onCall: {
      escalateAfterMs: 120_000,
      atLeast: 'critical',
      rounds: 3,
      shifts: [{ person: 'Anna', hours: [{ days: [1, 7] }] }],
    },
    channels: { email: { port: 587, secure: false, user: null }, webhook: null, command: null },
    level: {
      target: 0.999,
      badMinuteShare: 0.1,
      leastRequests: 10,
      excludeMaintenance: true,
      credits: [{ below: 0.995, percent: 10 }],
    },
    maintenance: [{ from: Date.UTC(2026, 11, 1, 1), to: Date.UTC(2026, 11, 1, 3), sites: [] }],
    templates: null,
    status: {
      components: 'sites',
      sites: 'public',
      intro: null,
      timeZone: 'UTC',
      subscribe: ['email', 'webhook'],
      privateWebhooks: false,
    },
  });
  const page = (text: string) => parseService(RIGHT + text, '/x/service.yaml').spec?.status;
  expect(page('status: { components: zones, timeZone: Asia/Tokyo, subscribe: [] }')).toMatchObject({
    components: 'zones',
    timeZone: 'Asia/Tokyo',
    subscribe: [],
  });
  const without = RIGHT.replace(/people:[\s\S]*channels:\n.*\n.*\n/, '');
  expect(parseService(without, '/x/service.yaml').spec?.status?.subscribe).toEqual(['webhook']);
});

const STATUS: [what: string, text: string, path: string, right: string][] = [
  ['parts that there are not', 'components: [sites]', 'status.components', 'sites or zones'],
  ['a third kind of sites', 'sites: hidden', 'status.sites', 'public or private'],
  ['a way that is none', 'subscribe: [email, fax]', 'status.subscribe[1]', 'email or webhook'],
  ['a way twice', 'subscribe: [email, email]', 'status.subscribe[1]', 'each way once'],
  ['no list', 'subscribe: email', 'status.subscribe', 'a list of ways'],
  ['an intro of two lines', 'intro: "a\\nb"', 'status.intro', 'one paragraph'],
  ['an unknown time zone', 'timeZone: Europe/Belin', 'status.timeZone', 'Europe/Berlin'],
  ['an unknown key', 'component: zones', 'status.component', 'components'],
  ['neither yes nor no', 'privateWebhooks: maybe', 'status.privateWebhooks', 'true or false'],
];

it.each(STATUS)('the status page: %s', (_, text, path, right) => {
  const { problems = [] } = parseService(`${RIGHT}status: { ${text} }\n`, '/x/service.yaml');
  expect(problems).toMatchObject([{ path, line: 24, right: expect.stringContaining(right) }]);
});

it('visitors cannot be told by mail without a mail server', () => {
  const without = RIGHT.replace(/people:[\s\S]*channels:\n.*\n.*\n/, '');
  const { problems } = parseService(`${without}status: { subscribe: [email] }\n`, '/x/service.yaml');
  expect(problems).toMatchObject([{ path: 'status.subscribe[0]', right: 'channels: {email: …}' }]);
});

const wrong: [what: string, from: string, to: string, line: number, path: string, right: string][] = [
  ['an unknown key', 'plans:\n', 'plan:\n', 4, 'plan', 'plans'],
  ['an unknown time zone', 'Europe/Berlin', 'Europe/Belin', 8, 'people[0].timeZone', 'Europe/Berlin'],
  ['a shift of nobody', 'person: Anna', 'person: Ana', 17, 'onCall.shifts[0].person', 'Anna'],
  [
    'a way that is not configured',
    '  slack: { webhookFile: /etc/holdfast/slack }\n',
    '',
    11,
    'people[0].addresses[1].channel',
    'channels: {slack: …}',
  ],
  [
    'an address of another kind',
    'to: anna@example.org',
    'to: https://x.y',
    10,
    'people[0].addresses[0].to',
    'an e-mail address',
  ],
  ['no address', ', to: anna@example.org', '', 10, 'people[0].addresses[0]', 'to: an e-mail address'],
  [
    'a secret in the file',
    'webhookFile: /etc/holdfast/slack',
    'webhookFile: xoxb-123',
    20,
    'channels.slack.webhookFile',
    'the secret itself never stands here',
  ],
  [
    'a user without a password',
    'from: status@example.org',
    'from: status@example.org, user: x',
    19,
    'channels.email.user',
    'both or neither',
  ],
  [
    'a plan twice',
    '  - { name: elite, title: Elite, disasterRecovery: add-on }\n',
    '  - { name: elite, title: Elite, disasterRecovery: add-on }\n  - { name: elite, title: E, disasterRecovery: included }\n',
    6,
    'plans[1].name',
    'each plan once',
  ],
  ['a plan that has it somehow', 'add-on', 'yes', 5, 'plans[0].disasterRecovery', 'included, add-on or unavailable'],
  ['a target that is no share', '99.9%', '99.9', 21, 'level.target', 'a share such as 99.95%'],
  ['maintenance that ends before it begins', 'T03:00:00Z', 'T00:00:00Z', 23, 'maintenance[0].to', 'a later moment'],
  [
    'a date without an offset',
    'T02:00:00+01:00',
    'T02:00:00',
    23,
    'maintenance[0].from',
    'a date and time with its offset',
  ],
  ['a window of no length', '22:00-07:00', '22:00-22:00', 12, 'people[0].quiet[0]', 'local'],
  ['an escalation at once', '2m', '1s', 15, 'onCall.escalateAfter', 'from 30s to 24h'],
];

it.each(wrong)('%s', (_, from, to, line, path, right) => {
  expect(RIGHT).toContain(from);
  const { problems = [] } = parseService(RIGHT.replace(from, to), '/x/service.yaml');
  expect(problems.find((problem) => problem.path === path)).toMatchObject({
    line,
    right: expect.stringContaining(right),
  });
});

it('every problem at once, in the order of the lines, and no secret shown', () => {
  const text = ['an unknown time zone', 'a secret in the file', 'a target that is no share'].reduce((so, name) => {
    const [, from, to] = wrong.find(([what]) => what === name)!;
    return so.replace(from, to);
  }, RIGHT);
  const { problems = [] } = parseService(text, '/x/service.yaml');
  expect(problems.map(({ line }) => line)).toEqual([8, 20, 21]);
});

it.each([
  ['service: x\nsite: y\n', 'service'],
  ['site: y\n', 'site'],
  ['# a comment\n\nservice: x\n', 'service'],
  ['hosts: [a]\n', null],
  ['', null],
  ['- a list\n', null],
])('which kind a file is: %j', (text, kind) => {
  expect(kindOfDescription(text)).toBe(kind);
});
