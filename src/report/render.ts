import { annotations } from './annotations.ts';
import { codeQuality } from './code-quality.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { sarif } from './sarif.ts';
import { text } from './text.ts';
import type { CheckReport, Rendered, RenderOptions } from './types.ts';

const RENDERERS = {
  text,
  json,
  sarif,
  codequality: codeQuality,
  junit,
  markdown,
  github: annotations,
} as const;

export type Format = keyof typeof RENDERERS;

/** The formats of `check --format`. */
export const FORMATS = Object.keys(RENDERERS) as readonly Format[];

/**
 * The report as text that ends with a line end. Never throws and never returns more than the limits of the format;
 * what they keep out is told in the text, where the format has room for it, and in `cut`.
 */
export function render(format: Format, report: CheckReport, options: RenderOptions = {}): Rendered {
  return RENDERERS[format](report, options);
}
