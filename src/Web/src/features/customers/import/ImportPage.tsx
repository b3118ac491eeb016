import { Anchor, Button, FileButton, Group, Progress, Stack, Text } from "@mantine/core";
import { IconArrowLeft, IconFileImport } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import { newId } from "../../../api/ids";
import { CheckCustomerImportDocument, CustomerImportsDocument } from "../../../gql/pages/graphql";
import people from "../../../people/People.module.css";
import { Page } from "../../../ui/Page";
import { Refused } from "../../../ui/Refused";
import { Section } from "../../../ui/Section";
import { Time } from "../../../ui/Time";
import { UploadFailed, uploadFile } from "../../files";
import { ImportView } from "./ImportView";

/** Imports of customers: a file is chosen, looked at line by line, and started. */
export function ImportPage() {
  const { t } = useTranslation();
  const { id } = useSearch({ from: "/shell/customers/import" });
  return (
    <Page title={t("customers.import.title")}>
      <Anchor display="inline-block" mb="lg" size="sm" renderRoot={(props) => <Link to="/customers" {...props} />}>
        <Group gap={4}>
          <IconArrowLeft size={16} aria-hidden="true" />
          {t("customers.back")}
        </Group>
      </Anchor>
      {id ? <ImportView key={id} id={id} /> : <Choice />}
    </Page>
  );
}

/** Where a file is chosen; and the imports that there are. */
function Choice() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [, check] = useMutation(CheckCustomerImportDocument);
  const [sent, setSent] = useState<number>();
  const [refused, setRefused] = useState<string>();
  const [{ data }] = useQuery({ query: CustomerImportsDocument, requestPolicy: "cache-and-network" });
  const imports = data?.customerImports ?? [];

  const take = async (file: File | null) => {
    if (!file) return;
    setRefused(undefined);
    setSent(0);
    try {
      const uploaded = await uploadFile(file, setSent, new AbortController().signal);
      const { data: checked, error } = await check({ input: { id: newId(), fileId: uploaded.id } });
      const refusal = checked?.checkCustomerImport.errors[0];
      if (error) setRefused(failureText(t, error));
      else if (refusal) setRefused(refusalText(t, refusal));
      else if (checked?.checkCustomerImport.customerImport)
        await navigate({ to: "/customers/import", search: { id: checked.checkCustomerImport.customerImport.id } });
    } catch (failure) {
      const why = failure instanceof UploadFailed ? failure.reason : "server";
      setRefused(t("customers.import.failed", { why: t(`files.why.${why}`) }));
    } finally {
      setSent(undefined);
    }
  };

  return (
    <Stack gap="xl">
      <Stack align="start">
        <Text>{t("customers.import.lead")}</Text>
        <Text size="sm" c="dimmed">
          {t("customers.import.columns")}
        </Text>
        {refused && <Refused>{refused}</Refused>}
        <FileButton accept=".csv,.txt,.tsv,text/csv,text/plain" onChange={(file) => void take(file)}>
          {(props) => (
            <Button {...props} leftSection={<IconFileImport size={18} />} loading={sent !== undefined}>
              {t("customers.import.choose")}
            </Button>
          )}
        </FileButton>
        {sent !== undefined && <Progress w="100%" value={sent * 100} aria-label={t("customers.import.uploading")} />}
      </Stack>
      {imports.length > 0 && (
        <Section title={t("customers.import.earlier")} lead={t("customers.import.kept")}>
          <ul className={people.people} aria-label={t("customers.import.earlier")}>
            {imports.map(({ id, fileName, createdAt, state }) => (
              <li key={id}>
                <Link to="/customers/import" search={{ id }} className={people.link}>
                  <span className={people.text}>{fileName}</span>
                  <Text span size="sm" c="dimmed">
                    {t(`customers.import.state.${state}`)}
                  </Text>
                  <Time at={createdAt} />
                </Link>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </Stack>
  );
}
