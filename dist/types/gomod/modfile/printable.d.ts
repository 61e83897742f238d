/** Unicode of Go 1.26 (15) or of Go 1.27 (17). */
export type UnicodeVersion = 15 | 17;
/** Whether Go's `unicode.IsPrint` holds. Not a class of an expression: those follow the Unicode of this process. */
export declare function isPrint(rune: number, version: UnicodeVersion): boolean;
