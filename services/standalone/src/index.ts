export { type Handler, type Nearhit, type NearhitOptions, nearhit } from './middleware.ts';
export { type Standalone, startStandalone } from './standalone.ts';
