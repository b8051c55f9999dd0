/** The service description: one YAML file for the whole installation: what is sold, who is told, who is asked, by which ways. */
import { dirname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../errors.ts';
import { type Address, SEVERITIES, type ServiceLevel, type ServiceSpec, STATUS_PAGE_DEFAULTS } from '../model/index.ts';
import { type Path, readYaml } from './document.ts';
import { durationBetween } from './duration.ts';
import { windowText } from './policy.ts';
import { applySchema, byLine } from './schema-problems.ts';
import { serviceChecks } from './service-checks.ts';

export const DEFAULT_PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const text = (form: RegExp, right: string) => z.string({ error: right }).regex(form, right);
const line = (right: string) => text(/^[^\p{C}]{1,120}$/u, right);
const name = text(/^[a-z][a-z0-9-]{0,30}$/, 'a name: lower-case letters, digits and dashes, at most 31 characters');
const contact = text(
  /^(?:[^\s@<>]+@[^\s@<>]+|https:\/\/\S+|\+[0-9 ]{5,30})$/,
  'an e-mail address, https:// address or +telephone number',
);
const web = text(/^https?:\/\/[^\s/]+[^\s]*$/, 'an address such as https://console.example.org').transform((url) =>
  url.replace(/\/+$/, ''),
);
const secretFile = text(
  /^\/\S+$/,
  'the absolute path of a file on the controllers’ hosts (mode 0600) that holds it; the secret itself never stands here',
);
const yesNo = z.boolean({ error: 'true or false' });
const severity = z.enum(SEVERITIES as ['info', 'warning', 'critical'], { error: `one of ${SEVERITIES.join(', ')}` });
const percent = (right: string) =>
  text(/^\d{1,3}(\.\d{1,5})?\s?%$/, right)
    .refine((value) => Number.parseFloat(value) <= 100, right)
    .transform((value) => Number((Number.parseFloat(value) / 100).toFixed(9)))
    .meta({ shown: 'percent' });
const siteNames = z.array(text(/^(?:\*|[a-z][a-z0-9-]{0,30})$/, 'a site’s name, or "*" for all'), {
  error: 'a list of sites, for example [shop]; ["*"] for all',
});
const localWindow = windowText('two different times of the day, local, for example "22:00-07:00"');

const plan = z.strictObject(
  {
    name,
    title: line('the plan’s name as customers read it, for example Elite'),
    disasterRecovery: z.enum(['included', 'add-on', 'unavailable'], { error: 'included, add-on or unavailable' }),
  },
  { error: 'name, title and disasterRecovery, for example {name: elite, title: Elite, disasterRecovery: add-on}' },
);

const address = z.strictObject(
  {
    channel: z.enum(['email', 'webhook', 'slack', 'pagerduty', 'command'], {
      error: 'one of email, webhook, slack, pagerduty, command',
    }),
    to: z.string({ error: 'text: put it in quotes' }).max(500, 'at most 500 characters').nullable().default(null),
    atLeast: severity.default('info'),
  },
  { error: 'channel and to, for example {channel: email, to: anna@example.org, atLeast: warning}' },
);

const person = z.strictObject(
  {
    name: line('the name as colleagues know it'),
    timeZone: z.string({ error: 'a time zone such as Europe/Berlin' }).default('UTC'),
    language: text(/^[a-z]{2}(?:-[A-Z]{2})?$/, 'a language such as en, de or pt-BR').default('en'),
    addresses: z
      .array(address, { error: 'a list of ways to reach somebody, the first one first' })
      .min(1, 'at least one way to reach somebody'),
    quiet: z.array(localWindow, { error: 'a list of times of the day, for example ["22:00-07:00"]' }).default([]),
    sites: siteNames.default([]),
  },
  { error: 'name and addresses' },
);

const day = z.enum(DAYS, { error: `one of ${DAYS.join(', ')}` });
const shift = z.strictObject(
  {
    person: z.string({ error: 'the name of one of the people' }),
    hours: z
      .array(
        z.strictObject(
          {
            days: z
              .array(day, { error: 'a list of days, for example [mon, tue]' })
              .min(1)
              .default([...DAYS]),
            between: localWindow,
          },
          { error: 'days and between, for example {days: [mon, tue], between: "08:00-18:00"}' },
        ),
        { error: 'a list of {days, between}; left out: always' },
      )
      .default([]),
  },
  { error: 'person and hours' },
);

const channels = z.strictObject(
  {
    email: z
      .strictObject(
        {
          host: text(/^\S+$/, 'the mail server, for example mail.example.org'),
          port: z.int({ error: 'a port' }).min(1).max(65_535).default(587),
          from: text(
            /^(?:[^<>@\r\n]*<[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/,
            'the sender, for example Holdfast <status@example.org>',
          ),
          user: z.string({ error: 'text' }).nullable().default(null),
          passwordFile: secretFile.nullable().default(null),
          secure: yesNo.default(false),
          caFile: text(/^\/\S+$/, 'an absolute path')
            .nullable()
            .default(null),
        },
        { error: 'host and from, for example {host: mail.example.org, from: status@example.org}' },
      )
      .nullable()
      .default(null),
    webhook: z.strictObject({ secretFile }, { error: 'secretFile' }).nullable().default(null),
    slack: z.strictObject({ webhookFile: secretFile }, { error: 'webhookFile' }).nullable().default(null),
    pagerduty: z
      .strictObject(
        { routingKeyFile: secretFile, url: web.default(DEFAULT_PAGERDUTY_URL) },
        { error: 'routingKeyFile' },
      )
      .nullable()
      .default(null),
    command: z
      .array(z.string({ error: 'text: put it in quotes' }), {
        error: 'a list of words, for example [/usr/local/bin/sms, "{{to}}"]; no shell reads it',
      })
      .min(1, 'a list with at least the program to run')
      .nullable()
      .default(null),
  },
  { error: 'the ways by which people are reached' },
);

const level = z.strictObject(
  {
    target: percent('a share such as 99.95%').default(0.9995),
    badMinuteShare: percent('a share such as 10%').default(0.1),
    leastRequests: z.int({ error: 'a whole number' }).min(1).max(1_000_000).default(10),
    excludeMaintenance: yesNo.default(true),
    credits: z
      .array(
        z.strictObject(
          { below: percent('an availability such as 99.9%'), percent: z.number({ error: 'a number' }).min(0).max(100) },
          { error: 'below and percent, for example {below: 99.9%, percent: 10}' },
        ),
        { error: 'a list of {below, percent}' },
      )
      .default([]),
  },
  { error: 'the service level, for example {target: 99.95%}' },
);

const statusPage = z.strictObject(
  {
    components: z.enum(['sites', 'zones'], { error: 'sites or zones' }).default(STATUS_PAGE_DEFAULTS.components),
    sites: z.enum(['public', 'private'], { error: 'public or private' }).default(STATUS_PAGE_DEFAULTS.sites),
    intro: text(/^[^\p{C}]{1,500}$/u, 'one paragraph for visitors, at most 500 characters')
      .nullable()
      .default(STATUS_PAGE_DEFAULTS.intro),
    timeZone: z.string({ error: 'a time zone such as Europe/Berlin' }).default(STATUS_PAGE_DEFAULTS.timeZone),
    subscribe: z
      .array(z.enum(['email', 'webhook'], { error: 'email or webhook' }), {
        error: 'a list of ways, for example [email, webhook]; [] for none',
      })
      .nullable()
      .default(null),
    privateWebhooks: yesNo.default(STATUS_PAGE_DEFAULTS.privateWebhooks),
  },
  { error: 'the status page, for example {components: sites, timeZone: Europe/Berlin}' },
);

/** Where nobody has described the service. */
export const DEFAULT_LEVEL: ServiceLevel = level.parse({});

const RIGHT_TIME = 'a date and time with its offset, for example 2026-12-01T02:00:00Z';
const moment = text(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/, RIGHT_TIME)
  .refine((value) => !Number.isNaN(Date.parse(value)), RIGHT_TIME)
  .transform((value) => Date.parse(value));

export const serviceSchema = z.strictObject({
  service: line('the name of the service, as customers know it'),
  urls: z.strictObject({ console: web, status: web }, { error: 'console and status' }),
  contact: z.strictObject({ sales: contact, support: contact }, { error: 'sales and support' }),
  plans: z.array(plan, { error: 'a list of plans' }).min(1, 'at least one plan'),
  people: z.array(person, { error: 'a list of people' }).default([]),
  onCall: z
    .strictObject(
      {
        shifts: z
          .array(shift, { error: 'a list of {person, hours}, in the order in which they are asked' })
          .default([]),
        escalateAfter: durationBetween(30_000, 86_400_000, 'from 30s to 24h, for example 5m').default(300_000),
        atLeast: severity.default('critical'),
        rounds: z.int({ error: 'a whole number' }).min(1).max(100).default(3),
      },
      { error: 'shifts, and how long each is waited for' },
    )
    .prefault({}),
  channels: channels.prefault({}),
  templates: z.string({ error: 'a folder' }).min(1).nullable().default(null),
  level: level.prefault({}),
  maintenance: z
    .array(
      z.strictObject(
        { id: name, title: line('one line for customers'), from: moment, to: moment, sites: siteNames.default([]) },
        { error: 'id, title, from and to' },
      ),
      { error: 'a list of {id, title, from, to, sites}' },
    )
    .default([]),
  status: statusPage.prefault({}),
});

export type ParsedService =
  | { spec: ServiceSpec; lineOf(path: Path): number | null; problems?: undefined }
  | { spec?: undefined; problems: Problem[] };

/**
 * Parses a service description; a folder of templates is looked for beside `path`, the file's own.
 * Answers the description, or every problem of it, in the order of the lines. Changes nothing.
 */
export function parseService(content: string, path: string): ParsedService {
  const document = readYaml(content);
  if (document.problems.length > 0) return { problems: document.problems };
  const parsed = applySchema(serviceSchema, document);
  const problems = [...parsed.problems, ...serviceChecks(document)];
  if (parsed.value === null || problems.length > 0) return { problems: byLine(problems) };
  return { spec: toSpec(parsed.value, dirname(resolve(path))), lineOf: document.lineOf };
}

function toSpec(value: z.infer<typeof serviceSchema>, folder: string): ServiceSpec {
  const { service, onCall, people, templates, status, ...rest } = value;
  const { escalateAfter, shifts, ...asking } = onCall;
  return {
    ...rest,
    name: service,
    since: 0,
    status: { ...status, subscribe: status.subscribe ?? waysOf(rest.channels) },
    people: people.map((one) => ({ ...one, addresses: one.addresses.map((each) => toAddress(each, value.channels)) })),
    onCall: {
      ...asking,
      escalateAfterMs: escalateAfter,
      shifts: shifts.map(({ person: who, hours }) => ({
        person: who,
        hours: hours.map(({ days, between }) => ({
          days: days.map((each) => DAYS.indexOf(each) + 1),
          window: between,
        })),
      })),
    },
    templates: templates === null || isAbsolute(templates) ? templates : resolve(folder, templates),
  };
}

/** Visitors who are told by mail need a mail server; those who name a webhook, nothing. */
function waysOf({ email }: ServiceSpec['channels']): ('email' | 'webhook')[] {
  return email === null ? ['webhook'] : ['email', 'webhook'];
}

/** Slack and PagerDuty have one place for all unless a person names one of their own. */
function toAddress({ channel, to, atLeast }: z.infer<typeof address>, all: ServiceSpec['channels']): Address {
  const common = { slack: all.slack?.webhookFile, pagerduty: all.pagerduty?.routingKeyFile } as Record<
    string,
    string | undefined
  >;
  return { channel, to: to ?? common[channel] ?? '', atLeast };
}

/** Which kind of description a file is, by its first key; null: neither. */
export function kindOfDescription(content: string): 'service' | 'site' | null {
  const { value } = readYaml(content);
  const first = value !== null && typeof value === 'object' ? Object.keys(value)[0] : undefined;
  return first === 'service' || first === 'site' ? first : null;
}
