/** The published formats of others, as JSON schemas, and what of a payload goes against them. Each schema names its sources. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

export type Format = 'pagerduty-events-v2' | 'slack-incoming-webhook';

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
formats.default(ajv);
const known = new Map<Format, ValidateFunction>();

/** What is wrong, one line each with its place; empty: valid. The payload is read as it travels: as JSON. */
export function problemsOf(format: Format, payload: unknown): string[] {
  const validate = known.get(format) ?? compile(format);
  known.set(format, validate);
  validate(JSON.parse(JSON.stringify(payload)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
}

function compile(format: Format): ValidateFunction {
  return ajv.compile(JSON.parse(readFileSync(new URL(`${format}.json`, import.meta.url), 'utf8')));
}
