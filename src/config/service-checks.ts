/**
 * What a schema cannot say about a service description: people who have to exist, ways that have to be configured, names that may
 * stand only once. Works on the raw content and puts up with anything, so that one problem never hides another.
 */
import { IANAZone } from 'luxon';
import type { Problem } from '../errors.ts';
import { type Path, pathText, type YamlDocument } from './document.ts';
import { nearest } from './nearest.ts';
import { valueAt } from './schema-problems.ts';

type Report = (path: Path, wrong: string, right: string | null) => void;

export function serviceChecks(document: YamlDocument): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, wrong, right) => {
    problems.push({ path: pathText(path), line: document.lineOf(path), wrong, right });
  };
  for (const check of [repeatedNames, shiftsOfNobody, timeZones, addresses, passwords, periods, credits, statusPage])
    check(document.value, report);
  return problems;
}

function listAt(value: unknown, ...path: PropertyKey[]): unknown[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

function repeatedNames(value: unknown, report: Report): void {
  for (const [list, field, what] of [
    ['plans', 'name', 'plan'],
    ['people', 'name', 'person'],
    ['maintenance', 'id', 'maintenance'],
  ] as const) {
    const seen = new Set<unknown>();
    for (const [index, item] of listAt(value, list).entries()) {
      const found = valueAt(item, [field]);
      if (typeof found !== 'string') continue;
      if (seen.has(found)) report([list, index, field], `is "${found}" a second time`, `each ${what} once`);
      seen.add(found);
    }
  }
}

function shiftsOfNobody(value: unknown, report: Report): void {
  const known = listAt(value, 'people')
    .map((one) => valueAt(one, ['name']))
    .filter((found) => typeof found === 'string');
  for (const [index, shift] of listAt(value, 'onCall', 'shifts').entries()) {
    const who = valueAt(shift, ['person']);
    if (typeof who !== 'string' || known.includes(who)) continue;
    const right =
      nearest(who, known) ?? (known.length > 0 ? `one of ${known.join(', ')}` : 'somebody listed under people');
    report(['onCall', 'shifts', index, 'person'], `is "${who}", who is not among the people`, right);
  }
}

function timeZones(value: unknown, report: Report): void {
  const places: Path[] = listAt(value, 'people').map((_, index) => ['people', index, 'timeZone']);
  for (const path of [...places, ['status', 'timeZone']]) {
    const zone = valueAt(value, path);
    if (typeof zone !== 'string' || IANAZone.isValidZone(zone)) continue;
    const meant = nearest(zone, Intl.supportedValuesOf('timeZone'));
    report(path, `is "${zone}", which is no time zone`, meant ?? 'one such as Europe/Berlin');
  }
}

const FORMS: Record<string, { form: RegExp; right: string; mayBeLeftOut: boolean }> = {
  email: { form: /^[^\s@<>]+@[^\s@<>]+$/, right: 'an e-mail address', mayBeLeftOut: false },
  webhook: {
    form: /^(?:https:\/\/\S+|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/]\S*)$/,
    right: 'an https:// address',
    mayBeLeftOut: false,
  },
  slack: { form: /^\/\S+$/, right: 'the absolute path of a file that holds the webhook’s address', mayBeLeftOut: true },
  pagerduty: { form: /^\/\S+$/, right: 'the absolute path of a file that holds the routing key', mayBeLeftOut: true },
  command: {
    form: /^\S[^\p{C}]*$/u,
    right: 'what the command needs to find them, for example a number',
    mayBeLeftOut: false,
  },
};

function addresses(value: unknown, report: Report): void {
  for (const [index, person] of listAt(value, 'people').entries()) {
    for (const [place, address] of listAt(person, 'addresses').entries()) {
      const path = ['people', index, 'addresses', place];
      const [channel, to] = [valueAt(address, ['channel']), valueAt(address, ['to'])];
      const form = typeof channel === 'string' ? FORMS[channel] : undefined;
      if (form === undefined) continue;
      if (valueAt(value, ['channels', channel as string]) == null)
        report([...path, 'channel'], `is "${channel}", which channels does not configure`, `channels: {${channel}: …}`);
      if (to == null) {
        if (!form.mayBeLeftOut) report(path, 'does not say where to', `to: ${form.right}`);
      } else if (typeof to === 'string' && !form.form.test(to)) {
        report([...path, 'to'], `is no place for ${channel}`, form.right);
      }
    }
  }
}

function passwords(value: unknown, report: Report): void {
  const email = valueAt(value, ['channels', 'email']);
  const [user, file] = [valueAt(email, ['user']), valueAt(email, ['passwordFile'])];
  if (user != null && file == null)
    report(['channels', 'email', 'user'], 'stands without a passwordFile', 'both or neither');
  if (user == null && file != null)
    report(['channels', 'email', 'passwordFile'], 'stands without a user', 'both or neither');
}

function periods(value: unknown, report: Report): void {
  for (const [index, item] of listAt(value, 'maintenance').entries()) {
    const [from, to] = [valueAt(item, ['from']), valueAt(item, ['to'])].map((at) => Date.parse(String(at)));
    if (from! >= to!) report(['maintenance', index, 'to'], 'is not after from', 'a later moment');
  }
}

function credits(value: unknown, report: Report): void {
  const seen = new Set<unknown>();
  for (const [index, row] of listAt(value, 'level', 'credits').entries()) {
    const below = valueAt(row, ['below']);
    if (seen.has(below))
      report(['level', 'credits', index, 'below'], `is ${String(below)} a second time`, 'each share once');
    seen.add(below);
  }
}

function statusPage(value: unknown, report: Report): void {
  const ways = listAt(value, 'status', 'subscribe');
  for (const [index, way] of ways.entries()) {
    if (ways.indexOf(way) < index)
      report(['status', 'subscribe', index], `is ${String(way)} a second time`, 'each way once');
    if (way === 'email' && valueAt(value, ['channels', 'email']) == null)
      report(['status', 'subscribe', index], 'is email, which channels does not configure', 'channels: {email: …}');
  }
}
