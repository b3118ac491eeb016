import { Skeleton, Stack } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { ProfileDocument } from "../../../gql/pages/graphql";
import { AbsenceForm } from "../../../people/AbsenceForm";
import { Failed } from "../../../ui/Failed";
import { Page } from "../../../ui/Page";
import { Section } from "../../../ui/Section";
import { Preferences } from "../../notifications/preferences";
import { Accounts } from "./Accounts";
import { ApiTokens } from "./ApiTokens";
import { Appearance } from "./Appearance";
import { Devices } from "./Devices";
import { Email } from "./Email";
import { Password } from "./Password";
import { Personal } from "./Personal";
import { SecondFactor } from "./SecondFactor";
import { Version } from "./Version";

/** The viewer's profile: name, preferences, password, devices, tokens. */
export function ProfilePage() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: ProfileDocument, requestPolicy: "cache-and-network" });
  const there = data !== undefined;
  // The bell leads to the notifications, which were not there yet when the page was opened.
  useEffect(() => {
    if (there && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [there]);
  return (
    <Page title={t("accounts.profile.title")}>
      {data ? (
        <>
          <Personal viewer={data.viewer} />
          <Email viewer={data.viewer} />
          <Preferences preferences={data.viewer.notificationPreferences} role={data.viewer.role} />
          {data.viewer.role === "ADMINISTRATOR" && (
            <Section title={t("people.absence.title")} lead={t("people.absence.lead")} anchor="absence">
              <AbsenceForm id={data.viewer.id} />
            </Section>
          )}
          <Appearance />
          <Password />
          <SecondFactor />
          <Accounts />
          <Devices />
          <ApiTokens />
          <Version />
        </>
      ) : error ? (
        <Failed error={error} retry={() => again({ requestPolicy: "network-only" })} />
      ) : (
        <Stack role="status" aria-busy="true" aria-label={t("common.loading")}>
          <Skeleton h={200} />
          <Skeleton h={300} />
        </Stack>
      )}
    </Page>
  );
}
