/** The site description: one YAML file, the same for WordPress and for anything else. */
import { dirname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../errors.ts';
import { DRILL_FAULTS, SITE_DEFAULTS, SITE_STATUS_DEFAULTS, type SiteSpec } from '../model/index.ts';
import { readYaml } from './document.ts';
import { durationBetween } from './duration.ts';
import { dailyWindow, failoverPolicy } from './policy.ts';
import { applySchema, byLine } from './schema-problems.ts';
import { siteChecks } from './site-checks.ts';

/** Text of a form; both a wrong value and a missing one are answered with `right`. */
const text = (form: RegExp, right: string) => z.string({ error: right }).regex(form, right);
const nonEmptyText = (right: string) => text(/\S/, right);

const command = z
  .array(z.string({ error: 'text: put it in quotes' }), {
    error: 'a list of words, for example [php, -S, "{{listen.host}}:{{listen.port}}"]; no shell reads it',
  })
  .min(1, 'a list with at least the program to run');
const environment = z.record(
  text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name: letters, digits and underscores'),
  z.union([z.string(), z.int(), z.boolean()], { error: 'text: put it in quotes' }).transform((value) => String(value)),
  { error: 'variables, one a line: NAME: value' },
);
const insideCopy = text(
  /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))\S/,
  "a path inside the copy's folder, for example app/uploads: no leading slash, no .. in it",
);
const zone = text(
  /^[a-z][a-z0-9-]{0,20}$/,
  'a zone name: lower-case letters, digits and dashes, at most 21 characters',
);

export const siteSchema = z.strictObject({
  site: text(/^[a-z][a-z0-9-]{0,30}$/, 'a name: lower-case letters, digits and dashes, at most 31 characters'),
  hosts: z
    .array(
      text(
        /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/,
        'a host name such as www.example.org: lower-case, without http:// and without a port',
      ),
      { error: 'a list of host names, for example [www.example.org]' },
    )
    .min(1, 'at least one host name'),
  plan: text(/^[a-z][a-z0-9-]{0,30}$/, 'a name: lower-case letters, digits and dashes').default('standard'),
  disasterRecovery: z.boolean({ error: 'true or false' }).nullable().default(SITE_DEFAULTS.disasterRecovery),
  zones: z
    .array(zone, { error: 'a list of zones in order of preference, for example [a, b, c]' })
    .min(1, 'at least one zone')
    .max(20, 'at most 20 zones'),
  application: z.strictObject(
    {
      install: z
        .array(
          z.strictObject(
            {
              from: nonEmptyText("a file or folder, relative to this description's own folder"),
              to: insideCopy,
              fill: z.boolean({ error: 'true or false' }).default(false),
              link: z.boolean({ error: 'true or false' }).default(false),
            },
            { error: 'from and to, for example {from: wp-config.php, to: wp-config.php, fill: true}' },
          ),
          { error: 'a list of {from, to}' },
        )
        .default([]),
      environment: environment.default({}),
      processes: z
        .array(
          z.strictObject(
            {
              name: text(/^[a-z][a-z0-9-]{0,30}$/, 'a name: lower-case letters, digits and dashes'),
              command,
              environment: environment.default({}),
            },
            { error: 'name and command' },
          ),
          { error: 'a list of processes, each with name and command' },
        )
        .min(1, 'at least one process'),
      ready: z.strictObject(
        {
          path: text(/^\/\S*$/, 'a path such as /health, which is answered below 400 when the copy can serve'),
          within: durationBetween(50, 60_000, 'how long the answer may take, from 50ms to 60s, for example 1s').default(
            1_000,
          ),
        },
        { error: 'the path that says whether a copy can serve, for example {path: /health}' },
      ),
      setup: command.nullable().default(null),
      cron: z
        .strictObject(
          { command, every: durationBetween(1_000, 86_400_000, 'a duration from 1s to 24h, for example 60s') },
          { error: 'command and every' },
        )
        .nullable()
        .default(null),
    },
    { error: 'the application: processes and ready, and what else it needs' },
  ),
  database: z.strictObject(
    {
      name: text(
        /^(?!(?:mysql|sys|information_schema|performance_schema)$)[a-z][a-z0-9_]{0,47}$/,
        "a database name: lower-case letters, digits and underscores, at most 48 characters, none of MariaDB's own",
      ),
    },
    { error: 'the database, for example {name: wordpress}' },
  ),
  files: z.array(insideCopy, { error: 'a list of folders, for example [wp-content/uploads]' }).default([]),
  notify: z
    .array(text(/^(?:[^\s@]+@[^\s@]+\.[^\s@]+|https:\/\/\S+)$/, 'an e-mail address or an https:// address'), {
      error: 'a list of e-mail or https:// addresses',
    })
    .default([]),
  status: z
    .strictObject(
      {
        title: text(/^[^\p{C}]{1,80}$/u, 'its name for visitors, at most 80 characters')
          .nullable()
          .default(SITE_STATUS_DEFAULTS.title),
        visibility: z
          .enum(['public', 'private', 'off'], { error: 'public, private or off' })
          .nullable()
          .default(SITE_STATUS_DEFAULTS.visibility),
        link: z
          .int({ error: 'a whole number; another one makes another link' })
          .min(1, 'a whole number from 1')
          .max(1_000_000, 'a whole number up to 1000000')
          .default(SITE_STATUS_DEFAULTS.link),
      },
      { error: 'for example {title: The shop, visibility: private}' },
    )
    .nullable()
    .default(SITE_DEFAULTS.status),
  failover: failoverPolicy,
  copies: z.union([z.literal(2), z.literal(3)], { error: '2 or 3' }).default(SITE_DEFAULTS.copies),
  cache: z.literal('redis', { error: 'redis' }).nullable().default(null),
  search: z
    .strictObject(
      {
        url: text(/^https?:\/\/\S+$/, 'an address such as http://127.0.0.1:8983/solr'),
        rebuild: command,
        within: durationBetween(
          1_000,
          86_400_000,
          'how long a rebuild may take, from 1s to 24h, for example 30m',
        ).default(1_800_000),
      },
      { error: 'url and rebuild, for example {url: "http://127.0.0.1:8983/solr", rebuild: [drush, search-api:index]}' },
    )
    .nullable()
    .default(null),
  handOver: z
    .strictObject(
      {
        drain: durationBetween(
          0,
          600_000,
          'how long requests and transactions are waited for before they are ended, from 0s to 10m, for example 10s',
        ).default(SITE_DEFAULTS.handOver.drainMs),
      },
      { error: 'for example {drain: 10s}' },
    )
    .prefault({}),
  drills: z
    .strictObject(
      {
        every: durationBetween(60_000, 366 * 86_400_000, 'how often, from 1m to 8784h, for example 168h'),
        fault: z.enum(DRILL_FAULTS, { error: `one of ${DRILL_FAULTS.join(', ')}` }).default('move'),
        between: dailyWindow.nullable().default(null),
      },
      { error: 'for example {every: 168h, fault: move, between: "03:00-05:00"}' },
    )
    .nullable()
    .default(null),
  freeze: z.array(dailyWindow, { error: 'a list of times of the day, UTC, for example ["16:00-22:00"]' }).default([]),
});

export type ParsedSite = { spec: SiteSpec; problems?: undefined } | { spec?: undefined; problems: Problem[] };

/**
 * Parses a site description. `path` is the file's own path: what it installs is looked for beside it.
 * Answers the description, or every problem of it, in the order of the lines. Reads files, changes nothing.
 */
export function parseSite(text: string, path: string): ParsedSite {
  const document = readYaml(text);
  if (document.problems.length > 0) return { problems: document.problems };
  const folder = dirname(resolve(path));
  const parsed = applySchema(siteSchema, document);
  const problems = [...parsed.problems, ...siteChecks(document, folder)];
  if (parsed.value === null || problems.length > 0) {
    return { problems: byLine(problems) };
  }
  return { spec: toSpec(parsed.value, folder) };
}

function toSpec(value: z.infer<typeof siteSchema>, folder: string): SiteSpec {
  const { application, search, handOver, drills } = value;
  return {
    ...value,
    search: search && { url: search.url, rebuild: search.rebuild, timeoutMs: search.within },
    handOver: { drainMs: handOver.drain },
    drills: drills && { everyMs: drills.every, fault: drills.fault, window: drills.between },
    application: {
      ...application,
      install: application.install.map((step) => ({
        ...step,
        from: isAbsolute(step.from) ? step.from : resolve(folder, step.from),
      })),
      ready: { path: application.ready.path, timeoutMs: application.ready.within },
      cron: application.cron && { command: application.cron.command, everyMs: application.cron.every },
    },
  };
}
