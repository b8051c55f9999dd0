/** Which controllers to ask: those named on the command line, else by the environment, else those of the local platform. */
import type { Command } from 'commander';
import { Trouble } from './trouble.ts';

export interface ControllerOptions {
  controller: string[];
}

/** Adds `--controller HOST:PORT`, repeatable. */
export function withControllers(command: Command): Command {
  return command.option(
    '--controller <host:port>',
    'ask this controller (repeatable; else HOLDFAST_CONTROLLERS, else the local platform)',
    (value: string, before: string[]) => [...before, hostPort(value)],
    [] as string[],
  );
}

/** Never empty; throws Trouble with what to do when nobody is known. */
export async function knownControllers(options: ControllerOptions): Promise<string[]> {
  if (options.controller.length > 0) return options.controller;
  const named = (process.env.HOLDFAST_CONTROLLERS ?? '').split(/[\s,]+/).filter((part) => part !== '');
  if (named.length > 0) return named.map(hostPort);
  const { readInstance } = await import('../local/instance.ts');
  const instance = await readInstance();
  if (instance === null) {
    throw new Trouble(
      'No platform runs here: start one with `npm start`.\n' +
        'To ask the controllers of another one: --controller HOST:PORT, or HOLDFAST_CONTROLLERS=HOST:PORT,HOST:PORT.',
    );
  }
  return instance.controllers;
}

function hostPort(value: string): string {
  if (/^[^\s:/]+:\d{1,5}$/.test(value)) return value;
  throw new Trouble(`"${value}" is not HOST:PORT, for example 10.0.1.11:7000`);
}
