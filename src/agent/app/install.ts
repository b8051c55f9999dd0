/** Puts into a copy's folder what its description says, owned by the application's user. Nothing is ever deleted from it. */
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { fill } from '../../config/fill.ts';
import type { InstallStep } from '../../model/index.ts';
import { readJson, writeWhole } from '../../platform/files.ts';
import type { UserIds } from '../../platform/users.ts';
import type { ApplicationPlan } from './plan.ts';

const CHOWN_LIMIT_MS = 120_000;

/** Does all steps whose outcome is not there yet. `marker` is a file that remembers the hash of what is installed. */
export async function install(plan: ApplicationPlan, marker: string, user: UserIds | null): Promise<void> {
  if (isInstalled(plan, marker)) return;
  makeFileFolders(plan, user);
  for (const step of plan.install) await applyStep(plan, step, user);
  await writeWhole(marker, installMark(plan));
}

/** The copy's own folder and those for files that visitors create; also where nothing else is installed (spares). */
export function makeFileFolders(plan: Pick<ApplicationPlan, 'appFolder' | 'files'>, user: UserIds | null): void {
  mkdirSync(plan.appFolder, { recursive: true });
  chmodSync(plan.appFolder, 0o750);
  if (user !== null) chownSync(plan.appFolder, user.uid, user.gid);
  for (const folder of plan.files) makeFolder(plan.appFolder, inside(plan.appFolder, folder), user);
}

/**
 * False when the description, or the time stamp of one of its sources, is not what it was when it was installed. A source
 * that has gone away since changes nothing: what is installed goes on being right.
 */
export function isInstalled(plan: ApplicationPlan, marker: string): boolean {
  const found = readJson(marker) as InstallMark | null;
  if (found?.hash !== plan.hash || !Array.isArray(found.stamps)) return false;
  return plan.install.every(({ from }, index) => (stampOf(from) ?? found.stamps[index]) === found.stamps[index]);
}

interface InstallMark {
  hash: string;
  /** Modification time of each step's source. */
  stamps: (number | null)[];
}

function installMark(plan: ApplicationPlan): string {
  const mark: InstallMark = { hash: plan.hash, stamps: plan.install.map(({ from }) => stampOf(from)) };
  return `${JSON.stringify(mark)}\n`;
}

function stampOf(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

async function applyStep(plan: ApplicationPlan, step: InstallStep, user: UserIds | null): Promise<void> {
  const target = inside(plan.appFolder, step.to);
  makeFolder(plan.appFolder, target === plan.appFolder ? target : dirname(target), user);
  if (step.fill) {
    await writeWhole(target, fill(await readFile(step.from, 'utf8'), plan.values), 0o600);
    if (user !== null) chownSync(target, user.uid, user.gid);
  } else if (step.link) {
    link(step.from, target);
  } else {
    // Relative links are made absolute on the way (`verbatimSymlinks` is off): they still point to what they did.
    await cp(step.from, target, { recursive: true, force: true, preserveTimestamps: true });
    if (user !== null) await chownAll(target, user);
  }
}

function link(from: string, target: string): void {
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSymbolicLink()) throw new Error(`${target} is in the way of a link`);
  if (there !== undefined) unlinkSync(target);
  symlinkSync(from, target);
}

async function chownAll(path: string, user: UserIds): Promise<void> {
  const owner = `${user.uid}:${user.gid}`;
  await promisify(execFile)('chown', ['-R', '-h', '-P', owner, '--', path], { timeout: CHOWN_LIMIT_MS });
}

/** Makes a folder and those above it, up to the copy's own, each with the right owner. */
function makeFolder(appFolder: string, folder: string, user: UserIds | null): void {
  if (folder === appFolder) return;
  makeFolder(appFolder, dirname(folder), user);
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) return;
  mkdirSync(folder, { mode: 0o755 });
  if (user !== null) chownSync(folder, user.uid, user.gid);
}

/** The path inside the copy's folder; throws when it would lead out of it. */
export function inside(appFolder: string, path: string): string {
  const root = resolve(appFolder);
  const target = resolve(join(root, path));
  if (target !== root && !target.startsWith(root + sep)) throw new Error(`"${path}" leads out of the copy's folder`);
  return target;
}
