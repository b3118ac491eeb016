import { Button, Skeleton, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { ApiTokensDocument } from "../../../gql/pages/graphql";
import { Failed } from "../../../ui/Failed";
import { Section } from "../../../ui/Section";
import { CreateToken } from "../tokens/CreateToken";
import { TokenList } from "../tokens/TokenList";

/** By what scripts come in one's name, without one's password. */
export function ApiTokens() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: ApiTokensDocument, requestPolicy: "cache-and-network" });
  const [creating, creation] = useDisclosure();
  const changed = () => again({ requestPolicy: "network-only" });
  return (
    <Section
      title={t("accounts.tokens.title")}
      lead={t("accounts.tokens.lead")}
      anchor="api-tokens"
      actions={
        <Button variant="default" size="xs" onClick={creation.open}>
          {t("accounts.tokens.create")}
        </Button>
      }
    >
      {data ? (
        data.viewer.apiTokens.length > 0 ? (
          <TokenList tokens={data.viewer.apiTokens} label={t("accounts.tokens.title")} onEnded={changed} />
        ) : (
          <Text size="sm" c="dimmed">
            {t("accounts.tokens.none")}
          </Text>
        )
      ) : error ? (
        <Failed error={error} retry={changed} />
      ) : (
        <Skeleton h={48} role="status" aria-busy aria-label={t("common.loading")} />
      )}
      <CreateToken opened={creating} close={creation.close} onCreated={changed} />
    </Section>
  );
}
