export { readHistorySearch } from "./search";
