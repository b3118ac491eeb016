export { type Range, ranges } from "./ranges";
export { readUndeliveredSearch } from "./undelivered";
export { readWeeklySearch } from "./weekly";
export { readWorkSearch } from "./work";
