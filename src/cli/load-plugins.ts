/** The plugins that the configuration of the process names. */
import { didYouMean } from '../desired/suggest.js';
import { StatorError } from '../error.js';
import { PluginRegistry } from '../plugin/registry.js';
import type { Config } from './config.js';

/**
 * @throws StatorError where one cannot be loaded, or where a routing rule names a mover that is not among them: what it
 *   concerns would be held for ever
 */
export async function loadPlugins(config: Config): Promise<PluginRegistry> {
  const registry = await PluginRegistry.load({ plugins: config.plugins, directory: config.directory });
  const names = registry.movers.map(({ name }) => name);
  for (const [index, { mover }] of config.routing.entries()) {
    if (names.includes(mover)) continue;
    await registry.close();
    throw new StatorError({
      code: 'config',
      what: `setting \`routing.${index}.mover\`: there is no mover \`${mover}\`${didYouMean(mover, names)}`,
      ...(config.file === null ? {} : { where: config.file }),
      todo: 'name a plugin that `stator plugins` lists as a mover',
      actBy: 'admin',
    });
  }
  return registry;
}
