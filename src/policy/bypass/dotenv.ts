import { type Report, readAssignmentLines } from './settings.ts';
import { expand } from './shell.ts';
import type { Text } from './text.ts';

/** Reports what an environment file sets, go's own included. */
export function readDotenv(file: Text, report: Report): void {
  readAssignmentLines(file, setting => {
    report({ ...setting, value: expand(setting.value) });
  });
}
