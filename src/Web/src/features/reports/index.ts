export { type Range, ranges } from "./ranges";
export { readWeeklySearch } from "./weekly";
export { readWorkSearch } from "./work";
