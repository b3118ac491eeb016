export { organisationUpdates } from "./cache";
