import type { TextFile } from '../tree.ts';
import { YAML_SURFACES } from './find.ts';
import { mayMatter } from './settings.ts';
import { isSurface } from './surfaces.ts';
import type { YamlLibrary } from './yaml.ts';

let yaml: YamlLibrary | undefined;

/**
 * Loads what the files given need to be read by env/bypass: rules have no effects and cannot wait, and a start
 * without such files must not pay for a parser. To be awaited before rules run over a tree with these texts.
 */
export async function loadSurfaceParsers(texts: readonly TextFile[]): Promise<void> {
  if (yaml !== undefined) return;
  const needed = texts.some(({ path, bytes }) => {
    const surface = isSurface(path);
    return (
      surface !== undefined &&
      YAML_SURFACES.includes(surface) &&
      mayMatter(Buffer.from(bytes).toString('latin1'))
    );
  });
  if (needed) yaml = await import('yaml');
}

export function loadedYaml(): YamlLibrary | undefined {
  return yaml;
}
