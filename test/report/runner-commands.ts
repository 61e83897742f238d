/** What the runner made of a line. */
export interface RunnerCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** Commands that a runner knows; it prints lines with other names. */
const KNOWN = new Set(
  (
    'internal-set-repo-path set-env set-output save-state add-mask add-path add-matcher remove-matcher debug warning ' +
    'error notice group endgroup echo stop-commands'
  ).split(' '),
);

/**
 * Reads a line of a step's output as GitHub's runner does (`ActionCommand.TryParseV2`, then `TryParse`, in
 * actions/runner, src/Runner.Common/ActionCommand.cs); undefined for a line that is no command.
 */
export function readCommand(line: string): RunnerCommand | undefined {
  return readSecondForm(line.trimStart()) ?? readFirstForm(line);
}

function readSecondForm(line: string): RunnerCommand | undefined {
  if (!line.startsWith('::')) return undefined;
  const end = line.indexOf('::', 2);
  if (end < 0) return undefined;
  return commandOf(
    line.slice(2, end),
    ',',
    line.slice(end + 2),
    [':', ',', '\r', '\n', '%'],
    ['\r', '\n', '%'],
  );
}

function readFirstForm(line: string): RunnerCommand | undefined {
  const start = line.indexOf('##[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  const escaped = [';', '\r', '\n', ']', '%'];
  return commandOf(line.slice(start + 3, end), ';', line.slice(end + 1), escaped, escaped);
}

function commandOf(
  info: string,
  separator: string,
  data: string,
  inProperties: readonly string[],
  inData: readonly string[],
): RunnerCommand | undefined {
  const space = info.indexOf(' ');
  const name = space < 0 ? info : info.slice(0, space);
  if (!KNOWN.has(name)) return undefined;
  const properties: Record<string, string> = {};
  for (const pair of space < 0
    ? []
    : info
        .slice(space + 1)
        .trim()
        .split(separator)) {
    const equals = pair.indexOf('=');
    if (equals > 0 && equals < pair.length - 1) {
      properties[pair.slice(0, equals)] = unescaped(pair.slice(equals + 1), inProperties);
    }
  }
  return { name, properties, data: unescaped(data, inData) };
}

function unescaped(text: string, characters: readonly string[]): string {
  return characters.reduce((out, character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
    return out.replaceAll(`%${code}`, character);
  }, text);
}
