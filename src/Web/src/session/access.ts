import type { Role } from "../gql/graphql";

/** Parts of the client that not everybody sees. The API decides what anybody may do; this only keeps doors away that lead nowhere. */
export type Area = "overview" | "history" | "customers" | "import" | "administrators" | "deliveries" | "settings";

const office: readonly Role[] = ["ADMINISTRATOR", "AUDITOR"];

const allowed: Record<Area, readonly Role[]> = {
  overview: office,
  history: office,
  customers: office,
  import: ["ADMINISTRATOR"],
  administrators: office,
  deliveries: office,
  settings: office,
};

/** Whether somebody of a role sees a part of the client. */
export const mayEnter = (role: Role, area: Area) => allowed[area].includes(role);

/** Whether somebody belongs to the office. */
export const isOffice = (role: Role) => office.includes(role);
