import { redactText } from '../../config/redact.ts';
import { ProxyError } from '../errors.ts';
import type { ChildEnd } from './go-child.ts';

/**
 * Trouble on the way, as go and git word it. Everything else they say means that there is no such module or
 * version; an outage must never be taken for absence.
 */
const OUTAGE = new RegExp(
  [
    'no such host|could not resolve|server misbehaving|temporary failure',
    'timeout|timed out|too slow|less than \\d+ bytes/sec',
    "connection (?:refused|reset|closed)|failed to connect|couldn't connect|network is unreachable|no route to host",
    'proxyconnect|tunnel failed|tls:|certificate|handshake|ssl_error|ssl connect error|host key verification',
    'could not read (?:username|password)|terminal prompts disabled|permission denied|authentication failed',
    'early eof|(?:^|[\\s:])eof\\s*$|empty reply|recv failure|rpc failed|hung up|unexpected disconnect|index-pack failed',
    '(?:^|[\\s:])(?:5\\d\\d|429)(?= [a-z]|\\s*$)',
    'disk|no space left|cannot allocate memory|too many open files|signal: killed',
    'executable file not found|GOVCS disallows',
  ].join('|'),
  'im',
);

/** Trouble that the next question to the same host would meet, too. */
const SILENCE =
  /no such host|could not resolve|i\/o timeout|timed out|connection refused|failed to connect|couldn't connect|network is unreachable|no route to host|too slow|less than \d+ bytes\/sec/i;

/** Whether an error says that a host cannot be reached, rather than that it refused something. */
export function isSilence(error: unknown): boolean {
  if (!(error instanceof ProxyError)) return false;
  if (error.code === 'upstream-stalled') return true;
  return error.code === 'upstream-unavailable' && SILENCE.test(withoutNames(error.message));
}

/** Module paths, URLs and directories are taken out: a module called certificates or timeout is no outage. */
function withoutNames(output: string): string {
  return output.replace(/(?!i\/o )\S*\/\S*/g, ' ');
}

/** What a child that fetched nothing means to whoever asked. */
export interface DirectFailure {
  /** What the user would call it. */
  readonly what: string;
  readonly end: ChildEnd;
  /** What go and git said of it. */
  readonly output: string;
  readonly timeoutMs: number;
}

/** The error for it; only what go and git say without trouble on the way is an absence. */
export function directError({ what, end, output, timeoutMs }: DirectFailure): ProxyError {
  const upstream = 'direct';
  const head = `modgate: cannot fetch ${what} from version control`;
  switch (end.state) {
    case 'no-go':
      return new ProxyError(
        'upstream-unavailable',
        `${head}: no go command is on PATH of the step that started modgate\nnext: install Go (actions/setup-go, a golang image) before the modgate step`,
        { upstream },
      );
    case 'stopped':
      return new ProxyError('closing', 'modgate: the session is ending', { upstream });
    case 'timeout':
      return new ProxyError(
        'upstream-stalled',
        `${head}: it took longer than ${Math.round(timeoutMs / 1000)} s and was ended\n${linesOf(end.stderr, 3)}\nnext: look at what its server is doing; a tag or commit of a smaller history is fetched faster than a branch`.replace(
          '\n\n',
          '\n',
        ),
        { upstream },
      );
    case 'too-much':
      return new ProxyError(
        'upstream-refused',
        `${head}: go printed more about it than a repository has to tell, and was ended\nnext: look at the tags of that repository`,
        { upstream },
      );
    default: {
      const text = linesOf(output, 5);
      return OUTAGE.test(withoutNames(output))
        ? new ProxyError('upstream-unavailable', `${head}:\n${text}`, { upstream })
        : new ProxyError('absent', `not found: ${what} in version control\n${text}`, { upstream });
    }
  }
}

/** The last lines of an output in printable ASCII, without credentials. */
function linesOf(output: string, most: number): string {
  const lines = redactText(output)
    .split('\n')
    .map(line => line.trim().replace(/[^\x20-\x7e]/g, '?'))
    .filter(line => line !== '')
    .slice(-most);
  return lines.join('\n').slice(0, 500);
}
