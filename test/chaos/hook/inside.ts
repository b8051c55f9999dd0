/**
 * Loaded into every program of a chaos run before its own first line (`--import`): jumps its wall clock, and kills it or its
 * database at a named step. The programs themselves know nothing of it.
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { basename, join } from 'node:path';
import { type Armed, STEPS, type StepMatch } from './steps.ts';

const LOOK_EVERY_MS = 50;
const COM_QUERY = 3;

const folder = process.env.HOLDFAST_CHAOS;
const config = process.argv[process.argv.indexOf('--config') + 1];
if (folder && config?.endsWith('.yaml')) begin(folder, basename(config, '.yaml'));

function begin(where: string, program: string): void {
  const clockFile = join(where, `clock-${program}`);
  const armFile = join(where, `arm-${program}`);
  let armed: Armed | null = null;
  let offsetMs = 0;
  const look = () => {
    offsetMs = Number(readOr(clockFile, '0'));
    const text = readOr(armFile, '');
    armed = text === '' ? null : (JSON.parse(text) as Armed);
  };
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
  jumpClock(() => offsetMs);
  if (!program.startsWith('agent')) return;

  const strike = (moment: Armed['moment'], kind: keyof StepMatch, text: string) => {
    if (armed === null || armed.moment !== moment) return;
    const match: StepMatch = STEPS[armed.step];
    const pattern = match[kind];
    if (!(pattern instanceof RegExp) || !pattern.test(text)) return;
    const { victim, copies } = armed;
    armed = null;
    fs.rmSync(armFile, { force: true });
    fs.appendFileSync(join(where, 'hits'), `${program} ${moment} ${text.slice(0, 120).replaceAll('\n', ' ')}\n`);
    if (victim === 'agent') process.kill(process.pid, 'SIGKILL');
    else for (const pid of databasesBelow(copies)) process.kill(pid, 'SIGKILL');
  };
  watchStatements(strike);
  watchPrograms(strike);
  watchRenames(strike);
  syncBuiltinESMExports();
}

type Strike = (moment: Armed['moment'], kind: keyof StepMatch, text: string) => void;

/** MariaDB's protocol: three bytes of length, a number, the command, then the statement. */
function watchStatements(strike: Strike): void {
  const write = net.Socket.prototype.write;
  net.Socket.prototype.write = function (this: net.Socket, ...args: unknown[]) {
    const [data] = args;
    const text = Buffer.isBuffer(data) && data.length > 5 && data[4] === COM_QUERY ? data.toString('utf8', 5) : null;
    if (text !== null) strike('before', 'sql', text);
    const result = (write as (...all: unknown[]) => boolean).apply(this, args);
    if (text !== null) strike('after', 'sql', text);
    return result;
  } as typeof write;
}

function watchPrograms(strike: Strike): void {
  const spawn = childProcess.spawn;
  childProcess.spawn = ((...all: Parameters<typeof spawn>) => {
    const [command, args] = all;
    const text = [command, ...(Array.isArray(args) ? args : [])].join(' ');
    strike('before', 'program', text);
    const child = spawn(...all);
    strike('after', 'program', text);
    return child;
  }) as typeof spawn;
}

function watchRenames(strike: Strike): void {
  const { rename } = fs.promises;
  fs.promises.rename = async (from, to) => {
    strike('before', 'rename', `${from} ${to}`);
    await rename(from, to);
    strike('after', 'rename', `${from} ${to}`);
  };
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    strike('before', 'rename', `${from} ${to}`);
    renameSync(from, to);
    strike('after', 'rename', `${from} ${to}`);
  };
}

/** Every reading of the wall clock is off by this much; monotonic time and timers are not. */
function jumpClock(offsetMs: () => number): void {
  const RealDate = Date;
  const realNow = Date.now.bind(Date);
  class JumpedDate extends RealDate {
    constructor(...args: []) {
      if (args.length === 0) super(realNow() + offsetMs());
      else super(...args);
    }
    static override now(): number {
      return realNow() + offsetMs();
    }
  }
  globalThis.Date = JumpedDate as DateConstructor;
}

function databasesBelow(copies: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => readOr(`/proc/${name}/comm`, '').trim() === 'mariadbd')
    .filter((name) => readOr(`/proc/${name}/cmdline`, '').includes(`${copies}/`))
    .map(Number);
}

function readOr(file: string, otherwise: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
