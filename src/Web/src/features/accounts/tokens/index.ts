export { CreateToken } from "./CreateToken";
export { TokenList } from "./TokenList";
