/** A thread that plays batches of episodes for `years.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, createBatchPlayer } from './years.ts';

const play = createBatchPlayer(workerData);
parentPort!.on('message', (batch: Batch) => parentPort!.postMessage(play(batch)));
