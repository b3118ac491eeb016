export { Preferences } from "./Preferences";
