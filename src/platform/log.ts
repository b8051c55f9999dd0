/** Structured logs on standard error, one JSON object a line; secrets are cut out by name before anything is written. */
import pino from 'pino';

export type Log = pino.Logger;

const SECRET_FIELDS = [
  'password',
  'secret',
  'key',
  'clusterKey',
  'databasePassword',
  'replicationPassword',
  'adminPassword',
  'siteSecret',
];

/** `program` is `controller`, `agent` or `edge`; `fields` (zone, edge) stand in every line. */
export function createLog(
  program: string,
  fields: Record<string, string> = {},
  level = process.env.HOLDFAST_LOG ?? 'info',
): Log {
  return pino(
    {
      level,
      base: { program, ...fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
