export { type Range, ranges } from "./ranges";
export { readWeeklySearch } from "./weekly";
