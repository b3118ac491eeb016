export { Bell } from "./Bell";
export { notificationUpdates } from "./cache";
export { readDeliveriesSearch } from "./deliveries/search";
