export { PAGE_BYTES } from './types.ts';
