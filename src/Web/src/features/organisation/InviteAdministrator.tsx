import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { InviteAdministratorDocument } from "../../gql/pages/graphql";
import { InviteForm } from "../../people/InviteModal";
import { PersonModal } from "../../people/PersonForm";
import { useOfficeTime } from "../../ui/officeTime";
import { AccessFields } from "./AccessFields";
import { chosenOf, givenOf, limits, scopeOf, unlimited } from "./access";

interface Props {
  opened: boolean;
  close: () => void;
}

/** Invites somebody to the office, with all of its customers or some; an auditor also with less of these. For owners. */
export function InviteAdministrator({ opened, close }: Props) {
  const { t } = useTranslation();
  return (
    <PersonModal opened={opened} close={close} title={t("organisation.administrators.invite")}>
      <Form close={close} />
    </PersonModal>
  );
}

function Form({ close }: Pick<Props, "close">) {
  const { t } = useTranslation();
  const { zone } = useOfficeTime();
  const [chosen, setChosen] = useState(() => chosenOf(unlimited, zone));
  const [, invite] = useMutation(InviteAdministratorDocument);
  return (
    <InviteForm
      close={close}
      lead={t("organisation.administrators.inviteLead")}
      ofRole={(role) => (
        <AccessFields chosen={chosen} change={(to) => setChosen({ ...chosen, ...to })} isAuditor={role === "AUDITOR"} />
      )}
      invite={async (invitee) => {
        const scope = scopeOf(chosen, unlimited, zone);
        const { data, error } = await invite({
          input: {
            ...invitee,
            ...(!chosen.all && { access: givenOf(chosen) }),
            ...(invitee.role === "AUDITOR" && limits(scope) && { scope }),
          },
        });
        return { error, errors: data?.inviteAdministrator.errors };
      }}
    />
  );
}
