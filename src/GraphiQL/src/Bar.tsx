import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { Kind, parse } from "graphql";
import { useEffect, useState } from "react";
import { examples } from "./examples";
import { setToken, signIn, type DemoAccount, type DemoSignIns } from "./session";
import { texts } from "./texts";

/** Above GraphiQL: the demo sign-ins, where the server offers them, and the examples. */
export function Bar() {
  const [demo, setDemo] = useState<DemoSignIns>({ password: "", accounts: [] });
  const [who, setWho] = useState<string>();
  const [failed, setFailed] = useState(false);
  const [headers, setHeaders] = useState("");
  const { addTab, setOperationFacts } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const responseEditor = useGraphiQL((state) => state.responseEditor);

  // The editors come a moment after the page; before that nothing could be put into them, or be run.
  const ready = Boolean(queryEditor && variableEditor && headerEditor && responseEditor);

  useEffect(() => {
    void fetch("/graphiql/settings.json").then(async (response) => setDemo(await response.json()));
  }, []);

  const use = (token: string | undefined, name?: string) => {
    const text = token ? JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2) : "";
    setToken(token);
    setHeaders(text);
    setWho(name);
    headerEditor?.setValue(text);
  };

  const enter = async (account: DemoAccount) => {
    const token = await signIn(account.email, demo.password);
    setFailed(!token);
    if (token) use(token, account.email);
  };

  const open = (index: number) => {
    const example = examples[index];
    if (!example) return;
    addTab();
    queryEditor?.setValue(example.document);
    variableEditor?.setValue(example.variables);
    headerEditor?.setValue(headers);

    // The editor finds out by itself a moment later: who is quicker would run the operation of the tab before.
    const documentAST = parse(example.document);
    const operations = documentAST.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    setOperationFacts({ documentAST, operations, operationName: operations[0]?.name?.value });
  };

  return (
    <header className="bar" lang={texts.language} aria-label={texts.bar}>
      <label>
        {texts.examples}{" "}
        <select value="" disabled={!ready} onChange={(event) => open(Number(event.target.value))}>
          <option value="" disabled>{texts.choose}</option>
          {examples.map((example, index) => <option key={example.title} value={index}>{example.title}</option>)}
        </select>
      </label>
      <span role="status">{failed ? texts.failed : who ? texts.signedIn(who) : texts.signedOut}</span>
      {who && <button type="button" onClick={() => use(undefined)}>{texts.signOut}</button>}
      {demo.accounts.length > 0 && (
        <div role="group" aria-labelledby="demo" className="demo">
          <span id="demo">{texts.signIn}</span>
          {demo.accounts.map((account) => (
            <button key={account.email} type="button" title={account.office} onClick={() => void enter(account)}>
              {account.email} ({texts.roles[account.role]})
            </button>
          ))}
        </div>
      )}
    </header>
  );
}
