export { Bell } from "./Bell";
export { notificationUpdates } from "./cache";
