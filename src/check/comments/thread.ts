/** One comment below a pull or merge request. */
export interface Comment {
  readonly id: number;
  /** Account that wrote it, as `CommentThread.me` names accounts. */
  readonly author: string;
  readonly body: string;
}

/** The comments of one pull or merge request: what a forge's client has to be able to do. */
export interface CommentThread {
  /** The account that the token speaks for. */
  me(): Promise<string>;
  /** Oldest first. */
  list(): AsyncIterable<Comment>;
  create(body: string): Promise<void>;
  update(id: number, body: string): Promise<void>;
}

/** The forge would not let us, or could not be reached. Everything that the comment says is in the log too. */
export class CommentError extends Error {
  override readonly name = 'CommentError';
  /** `denied`: the token may not; nothing to repair in this run. `failed`: trouble that may pass. */
  readonly code: 'denied' | 'failed';
  constructor(code: CommentError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a forge's refusal means. A hidden project answers 404 to those who may not see it. */
export function commentError(doing: string, status: number | undefined, cause: unknown): CommentError {
  const denied = status === 401 || status === 403 || status === 404;
  const why = status === undefined ? firstLine(cause) : `the server answered ${status}`;
  return new CommentError(denied ? 'denied' : 'failed', `${doing}: ${why}`, { cause });
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n', 1)[0] ?? '').slice(0, 300);
}
