/** Of the product, as every process tells it. */
export const VERSION = '0.1.0';
