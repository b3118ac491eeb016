import { Badge, Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKey } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import { type ApiTokenPartsFragment, EndApiTokenDocument } from "../../../gql/pages/graphql";
import { EndQuestion } from "../../../ui/EndQuestion";
import { Time } from "../../../ui/Time";
import classes from "./Tokens.module.css";

interface Props {
  tokens: readonly ApiTokenPartsFragment[];
  label: string;
  /** One was ended. */
  onEnded: () => void;
}

/** API tokens: what for, how long, used when and from where, and the way to end each. */
export function TokenList({ tokens, label, onEnded }: Props) {
  return (
    <ul className={classes.list} aria-label={label}>
      {tokens.map((token) => (
        <Token key={token.id} token={token} onEnded={onEnded} />
      ))}
    </ul>
  );
}

function Token({ token, onEnded }: { token: ApiTokenPartsFragment; onEnded: () => void }) {
  const { t, i18n } = useTranslation();
  const [asking, question] = useDisclosure();
  const [{ fetching }, endToken] = useMutation(EndApiTokenDocument);
  const [refused, setRefused] = useState<string>();
  const { id, name, scope, preview, expiresAt, lastUsedAt, network } = token;
  const expired = Date.parse(expiresAt) <= Date.now();
  const date = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium" }).format(Date.parse(expiresAt));

  const end = async () => {
    const { data, error } = await endToken({ input: { id } });
    const refusal = data?.endApiToken.errors[0];
    if (error) return setRefused(failureText(t, error));
    // A token that somebody else has ended meanwhile has ended.
    if (refusal && refusal.code !== "NOT_FOUND") return setRefused(refusalText(t, refusal));
    question.close();
    onEnded();
  };

  return (
    <li className={classes.token}>
      <IconKey size={22} stroke={1.5} aria-hidden />
      <div className={classes.text}>
        <Group gap={8}>
          <Text fw={550}>{name}</Text>
          <Badge variant="default" tt="none" fw={500} size="sm">
            {t(`accounts.tokens.scope.${scope}`)}
          </Badge>
          {expired && (
            <Text size="xs" fw={560} c="var(--mantine-color-error)">
              {t("accounts.tokens.expired")}
            </Text>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          <Text span ff="monospace" size="xs">
            {preview}
          </Text>
          {" · "}
          {t(expired ? "accounts.tokens.expiredOn" : "accounts.tokens.expiresOn", { date })}
          {" · "}
          {lastUsedAt ? (
            <>
              {t("accounts.tokens.used")} <Time at={lastUsedAt} />
              {network && ` ${t("accounts.tokens.from", { network })}`}
            </>
          ) : (
            t("accounts.tokens.neverUsed")
          )}
        </Text>
      </div>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={t("accounts.tokens.endNamed", { name })}
        onClick={() => {
          setRefused(undefined);
          question.open();
        }}
      >
        {t("accounts.tokens.end")}
      </Button>
      <EndQuestion
        opened={asking}
        close={question.close}
        title={t("accounts.tokens.endQuestion", { name })}
        text={t("accounts.tokens.endText")}
        label={t("accounts.tokens.end")}
        end={() => void end()}
        ending={fetching}
        refused={refused}
      />
    </li>
  );
}
