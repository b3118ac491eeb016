export { customerUpdates } from "./cache";
