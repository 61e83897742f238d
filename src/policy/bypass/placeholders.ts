import type { Surface } from './surfaces.ts';
import { type Text, TextBuilder } from './text.ts';

interface Form {
  readonly open: string;
  readonly close: string;
  /** The variable that an expression reads, if it reads one and no more. */
  readonly name: RegExp;
}

const FORMS: Readonly<Partial<Record<Surface, Form>>> = {
  workflow: { open: '${{', close: '}}', name: /^\s*env\.(\w+)\s*$/ },
  action: { open: '${{', close: '}}', name: /^\s*env\.(\w+)\s*$/ },
  gitlab: { open: '$[[', close: ']]', name: /^$/ },
  taskfile: { open: '{{', close: '}}', name: /^-?\s*\.(\w+)\s*-?$/ },
  devcontainer: { open: '${', close: '}', name: /^(?:localEnv|containerEnv):(\w+)$/ },
  vscode: { open: '${', close: '}', name: /^env:(\w+)$/ },
};

/** The text with the expressions of its kind of file as holes: they are filled in before any shell sees it. */
export function withPlaceholders(text: Text, surface: Surface): Text {
  const form = FORMS[surface];
  if (!form || !text.text.includes(form.open)) return text;
  const builder = new TextBuilder();
  let from = 0;
  for (;;) {
    const at = text.text.indexOf(form.open, from);
    const end = at === -1 ? -1 : text.text.indexOf(form.close, at + form.open.length);
    if (end === -1) break;
    builder.copy(text, from, at);
    const name = form.name.exec(text.text.slice(at + form.open.length, Math.min(end, at + 200)))?.[1];
    const offset = text.at(at);
    from = end + form.close.length;
    builder.hole({ name, optional: false, length: text.endAt(from) - offset }, offset);
  }
  builder.copy(text, from, text.length);
  return builder.build(text.at(0));
}
