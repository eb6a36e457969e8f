export { type Ingress, startIngress } from './ingress.ts';
