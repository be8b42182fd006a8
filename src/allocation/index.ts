/**
 * allocation — who may draw what, from the limits of the circuit tree.
 */
export type * from './types';
