/** The clients' own thread: what breaks and mends the platform meanwhile cannot delay them. */
import { parentPort, workerData } from 'node:worker_threads';
import { now, type Operation } from '../history/types.ts';
import { type ClientPlan, runClient, type Shared } from './client.ts';

const SEND_EVERY_MS = 50;

if (!parentPort) throw new Error('runs only as a worker thread');
const port = parentPort;
const plan = workerData as ClientPlan;
const shared: Shared = { nextId: 1, startedAt: now(), values: new Map() };
let finished: Operation[] = [];
let busy = 0;
let ended = false;
let pause: { wait: Promise<void>; resume: () => void } | null = null;

const send = () => {
  if (finished.length > 0) port.postMessage({ operations: finished });
  finished = [];
};
const sending = setInterval(send, SEND_EVERY_MS);

port.on('message', async (message: 'pause' | 'resume' | 'stop') => {
  if (message === 'pause') {
    let resume = () => {};
    const wait = new Promise<void>((resolve) => {
      resume = resolve;
    });
    pause ??= { wait, resume };
    while (busy > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    send();
    port.postMessage({ paused: true });
  } else if (message === 'resume') {
    pause?.resume();
    pause = null;
  } else {
    ended = true;
    pause?.resume();
    pause = null;
    await all;
    send();
    clearInterval(sending);
    port.postMessage({ stopped: true });
    port.close();
  }
});

const all = Promise.all(
  Array.from({ length: plan.clients }, (_, client) =>
    runClient(
      plan,
      client,
      shared,
      (operation) => {
        finished.push(operation);
      },
      () => pause?.wait ?? null,
      () => ended,
      (step) => {
        busy += step;
      },
    ),
  ),
);
