import type { Located, Position, Span } from './types.js';
/**
 * A file and the way from byte offsets to lines and columns. Offsets are all that the parser keeps; a position is
 * worked out when somebody asks for it, because few are ever looked at.
 */
export declare class Source {
    #private;
    /** One character a byte, so that an index is a byte offset. */
    readonly raw: string;
    readonly ascii: boolean;
    constructor(bytes: Uint8Array);
    /** The text between two offsets, as `decodeGoText` has it. */
    text(start: number, end: number): string;
    /** Where a byte is. */
    position(byte: number): Position;
    span(start: number, end: number): Span;
    located(value: string, start: number, end: number): Located;
}
