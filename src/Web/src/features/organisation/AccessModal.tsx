import { Skeleton } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { AdministratorAccessDocument, SetAdministratorAccessDocument } from "../../gql/pages/graphql";
import { PersonForm, PersonModal } from "../../people/PersonForm";
import { Failed } from "../../ui/Failed";
import { useOfficeTime } from "../../ui/officeTime";
import { AccessFields } from "./AccessFields";
import { type Access, chosenOf, givenOf, scopeOf } from "./access";

interface Props {
  opened: boolean;
  close: () => void;
  /** Of the person. */
  id: string;
  name: string;
  /** True for an auditor, whose access may end by itself. */
  isAuditor: boolean;
}

/** Which customers somebody of the office sees: all of them, or some. For owners. */
export function AccessModal({ opened, close, id, name, isAuditor }: Props) {
  const { t } = useTranslation();
  return (
    <PersonModal opened={opened} close={close} title={t("organisation.access.title", { name })}>
      <Asked id={id} close={close} isAuditor={isAuditor} />
    </PersonModal>
  );
}

function Asked({ id, close, isAuditor }: Pick<Props, "id" | "close" | "isAuditor">) {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({
    query: AdministratorAccessDocument,
    variables: { id },
    requestPolicy: "network-only",
  });
  const person = data?.node && "access" in data.node ? data.node : undefined;
  if (person) return <AccessForm id={id} access={person.access} close={close} isAuditor={isAuditor} />;
  if (error) return <Failed error={error} retry={() => again({ requestPolicy: "network-only" })} />;
  return <Skeleton h={200} role="status" aria-busy="true" aria-label={t("common.loading")} />;
}

interface FormProps {
  id: string;
  access: Access;
  close: () => void;
  isAuditor: boolean;
}

function AccessForm({ id, access, close, isAuditor }: FormProps) {
  const { t } = useTranslation();
  const { zone } = useOfficeTime();
  const [chosen, setChosen] = useState(() => chosenOf(access, zone));
  const [{ fetching }, set] = useMutation(SetAdministratorAccessDocument);
  const [refused, setRefused] = useState<string>();

  const submit = async () => {
    setRefused(undefined);
    const { data: answer, error } = await set({
      input: { id, access: givenOf(chosen), ...(isAuditor && { scope: scopeOf(chosen, access, zone) }) },
    });
    const refusal = answer?.setAdministratorAccess.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else close();
  };

  return (
    <PersonForm
      lead={t("organisation.access.lead")}
      refused={refused}
      label={t("common.action.save")}
      sending={fetching}
      submit={() => void submit()}
      close={close}
    >
      <AccessFields chosen={chosen} change={(to) => setChosen({ ...chosen, ...to })} isAuditor={isAuditor} />
    </PersonForm>
  );
}
