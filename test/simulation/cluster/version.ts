/**
 * The version of the product that the processes of a simulation say they are.
 */
export const VERSION = "1.0.0";
