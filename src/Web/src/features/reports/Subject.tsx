import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import classes from "./Overview.module.css";

/** The subject of a conversation in a list, which opens it. */
export function Subject({ id, subject }: { id: string; subject: string }) {
  return (
    <Anchor
      className={classes.subject}
      renderRoot={(props) => <Link to="/conversations/$conversationId" params={{ conversationId: id }} {...props} />}
    >
      {subject}
    </Anchor>
  );
}
