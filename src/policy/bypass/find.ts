import { readScript } from './commands.ts';
import { readDockerfile } from './dockerfile.ts';
import { readDotenv } from './dotenv.ts';
import { jsonScalars } from './json.ts';
import { readMakefile } from './makefile.ts';
import { withPlaceholders } from './placeholders.ts';
import { readScalar, type Scalar } from './scalars.ts';
import { mayMatter, type Setting } from './settings.ts';
import type { Surface } from './surfaces.ts';
import { wholeText } from './text.ts';
import { type YamlLibrary, yamlScalars } from './yaml.ts';

export const YAML_SURFACES: readonly Surface[] = ['workflow', 'action', 'gitlab', 'taskfile'];

/** A YAML file beyond this is told as not read: its parser is slow on hostile input. */
export const MAX_YAML = 256 * 1024;

/**
 * What a file sets and which flags it gives to go, in the order of the file, one at a place. `text` is the
 * whole file, `yaml` is needed for YAML_SURFACES. Throws what the YAML library throws, and nothing else.
 */
export function findSettings(text: string, surface: Surface, yaml: YamlLibrary | undefined): Setting[] {
  if (!mayMatter(text)) return [];
  const found = new Map<string, Setting>();
  const report = (setting: Setting): void => {
    found.set(`${setting.from} ${setting.name}`, setting);
  };
  const file = wholeText(text);
  const scalars = (list: readonly Scalar[]): void => {
    for (const scalar of list) {
      readScalar({ ...scalar, value: withPlaceholders(scalar.value, surface) }, surface, report);
    }
  };
  switch (surface) {
    case 'workflow':
    case 'action':
    case 'gitlab':
    case 'taskfile':
      if (!yaml) throw new Error('the YAML parser was not loaded: await loadSurfaceParsers() first');
      scalars(yamlScalars(file, yaml));
      break;
    case 'devcontainer':
    case 'vscode':
      scalars(jsonScalars(file));
      break;
    case 'dockerfile':
      readDockerfile(file, report);
      break;
    case 'makefile':
      readMakefile(file, report);
      break;
    case 'dotenv':
      readDotenv(file, report);
      break;
    case 'shell':
      readScript(file, report);
      break;
  }
  return [...found.values()].sort((a, b) => a.from - b.from);
}
