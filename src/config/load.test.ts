/** Configurations of the programs, the cluster key, placeholders, and the small helpers beneath. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HoldfastError } from '../errors.ts';
import { parseDuration } from './duration.ts';
import { fill, placeholdersIn } from './fill.ts';
import { loadProgramConfig } from './load.ts';
import { nearest } from './nearest.ts';
import { agentConfig, controllerConfig, edgeConfig } from './programs.ts';
import { readClusterKey } from './secrets.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string, mode = 0o600): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const CONTROLLER = `
zone: a
listen: 10.0.1.11:7000
store: {endpoints: ["http://10.0.1.11:2379"]}
clusterKeyFile: /etc/holdfast/key
stateDir: /var/lib/holdfast
`;

describe('a program configuration', () => {
  test('gets its defaults from the schema alone', async () => {
    const config = await loadProgramConfig(controllerConfig, write('c.yaml', CONTROLLER));
    expect(config).toMatchObject({ zone: 'a', detector: { falseAlarms: 0.1 } });
    const agent = await loadProgramConfig(agentConfig, write('a.yaml', `${CONTROLLER}address: 10.0.1.11\n`));
    expect(agent).toMatchObject({ portBase: 7400, databaseUser: 'mysql' });
    const edge = `${CONTROLLER.replace('zone: a', 'edge: e')}control: 10.0.1.1:7200\n`;
    expect(await loadProgramConfig(edgeConfig, write('e.yaml', edge))).toMatchObject({ hold: { limitMs: 15_000 } });
  });

  test('is refused with every problem, each with its line', async () => {
    const text = `${CONTROLLER.replace('zone: a', 'zone: A').replace('7000', 'x')}detector: {falseAlarm: 1 per 10 years, falseAlarms: often}\n`;
    const failure = await loadProgramConfig(controllerConfig, write('bad.yaml', text)).catch((error) => error);
    expect(failure).toBeInstanceOf(HoldfastError);
    expect(failure).toMatchObject({ code: 'config-wrong', exitStatus: 2 });
    expect(failure.problems).toMatchObject([
      { path: 'zone', line: 2, right: expect.stringMatching(/lower-case/) },
      { path: 'listen', line: 3, right: expect.stringMatching(/host:port/) },
      { path: 'detector.falseAlarms', line: 7, right: 'how often at most, for example 1 per 10 years' },
      { path: 'detector.falseAlarm', line: 7, right: 'falseAlarms' },
    ]);
    expect(failure.message).toMatch(/4 problems[\s\S]*bad\.yaml:7 {2}detector\.falseAlarm/);
  });

  test('that is not there is told by name', async () => {
    const missing = join(folder, 'missing.yaml');
    await expect(loadProgramConfig(controllerConfig, missing)).rejects.toMatchObject({
      code: 'config-unreadable',
      message: `The file ${missing} cannot be read: there is no such file.`,
    });
  });

  test('never shows what stands where a secret does', async () => {
    const text = CONTROLLER.replace('stateDir:', 'password: {hunter2: 1}\nstateDir:').replace('zone: a', 'zone: 1');
    const failure = await loadProgramConfig(controllerConfig, write('secret.yaml', text)).catch((error) => error);
    expect(failure.message).not.toContain('hunter2');
  });
});

describe('the cluster key', () => {
  const key = 'k'.repeat(48);

  test('is read without the white space around it', () => {
    expect(readClusterKey(write('key', ` ${key}\n`))).toBe(key);
    expect(readClusterKey(write('key-400', key, 0o400))).toBe(key);
  });

  test.each([0o644, 0o640, 0o604, 0o660, 0o601])('is refused when others may touch it (%o)', (mode) => {
    const file = write('open', key, mode);
    expect(() => readClusterKey(file)).toThrow(
      expect.objectContaining({ code: 'key-file-open', fix: `chmod 600 ${file}` }),
    );
  });

  test('is refused when it is missing, empty, short or not a key file', () => {
    const code = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        return (error as HoldfastError).code;
      }
      return 'none';
    };
    expect(code(() => readClusterKey(join(folder, 'nowhere')))).toBe('key-file-unreadable');
    expect(code(() => readClusterKey(folder))).toBe('key-file-unreadable');
    expect(code(() => readClusterKey(write('large', 'x'.repeat(5_000))))).toBe('key-file-unreadable');
    expect(code(() => readClusterKey(write('empty', '\n')))).toBe('key-file-empty');
    expect(code(() => readClusterKey(write('short', 'abc')))).toBe('key-file-empty');
  });
});

describe('placeholders', () => {
  test('are replaced, each time they stand there, spaces or not', () => {
    expect(fill('{{a}}-{{ a }}-{{b.c}}', { a: '1', 'b.c': '2' })).toBe('1-1-2');
  });

  test('are not looked for in what was filled in, and nothing in a value is special', () => {
    expect(fill('{{a}}', { a: '{{b}} $& $1 \\' })).toBe('{{b}} $& $1 \\');
  });

  test('that are unknown are an error that names the known ones and no value', () => {
    expect(() => fill('{{c}}', { a: 'hunter2' })).toThrow(
      expect.objectContaining({ code: 'placeholder-unknown', fix: expect.stringMatching(/a\./) }),
    );
    expect(() => fill('{{constructor}}', {})).toThrow(HoldfastError);
  });

  test('leave all other text as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(placeholdersIn(text).length === 0);
        expect(fill(text, {})).toBe(text);
      }),
    );
  });

  test('are listed once each', () => {
    expect(placeholdersIn('{{a}} {{ b.c }} {{a}} {{}} {x} {{ 1 }}')).toEqual(['a', 'b.c']);
  });
});

test.each([
  ['500ms', 500],
  ['60s', 60_000],
  ['1.5s', 1_500],
  ['2 m', 120_000],
  ['1h', 3_600_000],
  ['60', null],
  ['s', null],
  ['-1s', null],
  ['1d', 86_400_000],
  ['1w', null],
  ['1s 1ms', null],
  ['', null],
])('the duration %j', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ['hots', ['hosts', 'host', 'notify'], 'hosts'],
  ['enviroment', ['environment', 'install'], 'environment'],
  ['silenceMS', ['silenceMs', 'refusedMs'], 'silenceMs'],
  ['fiel', ['to', 'file'], 'file'],
  ['xyzzy', ['site', 'hosts'], null],
])('the name nearest to %j', (name, known, meant) => {
  expect(nearest(name, known)).toBe(meant);
});
