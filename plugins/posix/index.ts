/**
 * Sites that are directories: endpoints with `protocol: file`, `url: file:///...` and a `root`.
 */
import { definePlugin } from '../../src/plugin/index.js';
import { configSchema, type PosixConfig } from './config.js';
import { PosixDeleter } from './deleter.js';
import { PosixMover } from './mover.js';

export const posixMover = definePlugin({
  kind: 'mover',
  name: 'posix',
  configSchema,
  create: (config: PosixConfig, context) => new PosixMover(config, context),
});

export const posixDeleter = definePlugin({
  kind: 'deleter',
  name: 'posix',
  configSchema,
  create: (config: PosixConfig) => new PosixDeleter(config),
});

export default [posixMover, posixDeleter];
