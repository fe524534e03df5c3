/** Loaded by every thread of a process that runs the sources: lets it run TypeScript as well. */
import { isMainThread } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

if (!isMainThread) register();
