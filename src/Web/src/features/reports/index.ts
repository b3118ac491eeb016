export { type Range, ranges } from "./ranges";
