export { readLogSearch } from "./log/search";
export { readHistorySearch } from "./search";
