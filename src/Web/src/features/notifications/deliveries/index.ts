export { Told } from "./Told";
