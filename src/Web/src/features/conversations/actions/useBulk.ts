import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { type AnyVariables, type TypedDocumentNode, useClient } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import { newId } from "../../../api/ids";
import {
  AssignAdministratorDocument,
  ChangeStatusDocument,
  type ConversationStatus,
  NotifyAdministratorsDocument,
  type RefusalFragment,
  TagConversationsDocument,
} from "../../../gql/pages/graphql";
import { notice } from "../../../ui/notice";

/** The most conversations that one mutation takes. */
const most = 200;

interface Payload {
  conversations: readonly unknown[];
  errors: readonly RefusalFragment[];
}

/** An id for each mutation that a run over so many conversations takes. */
export const runIds = (count: number) => Array.from({ length: Math.ceil(count / most) }, newId);

/**
 * The actions on one or many conversations. Each answers whether all of it was done; a notice says what was not.
 */
export function useBulk() {
  const client = useClient();
  const { t } = useTranslation();

  /** Runs a mutation over all the conversations, as many at a time as it takes. */
  const run = useCallback(
    async <Data, Variables extends AnyVariables>(
      document: TypedDocumentNode<Data, Variables>,
      ids: readonly string[],
      variables: (ids: string[], part: number) => Variables,
      payload: (data: Data) => Payload,
      done: (count: number) => string,
    ) => {
      let count = 0;
      const refusals: RefusalFragment[] = [];
      for (let from = 0; from < ids.length; from += most) {
        const { data, error } = await client.mutation(document, variables(ids.slice(from, from + most), from / most)).toPromise();
        if (!data || error) {
          void notice({ kind: "failure", message: error ? failureText(t, error) : t("common.failure.server") });
          return false;
        }
        count += payload(data).conversations.length;
        refusals.push(...payload(data).errors);
      }
      if (count > 0) void notice({ kind: "done", message: done(count) });
      if (refusals[0])
        void notice({
          kind: "warning",
          message: t("conversations.selection.refused", { count: refusals.length, why: refusalText(t, refusals[0]) }),
        });
      return refusals.length === 0;
    },
    [client, t],
  );

  const changeStatus = useCallback(
    (ids: readonly string[], status: ConversationStatus) =>
      run(
        ChangeStatusDocument,
        ids,
        (conversationIds) => ({ input: { conversationIds, status } }),
        (data) => data.changeStatus,
        (count) =>
          count === 1
            ? t("conversations.status.changed", { status: t(`conversations.status.${status}`) })
            : t("conversations.selection.done", { count }),
      ),
    [run, t],
  );

  const assign = useCallback(
    (ids: readonly string[], administrator: { id: string; displayName: string } | undefined) =>
      run(
        AssignAdministratorDocument,
        ids,
        (conversationIds) => ({ input: { conversationIds, administratorId: administrator?.id ?? null } }),
        (data) => data.assignAdministrator,
        () =>
          administrator
            ? t("conversations.responsible.assigned", { name: administrator.displayName })
            : t("conversations.responsible.unassigned"),
      ),
    [run, t],
  );

  /** @param runs Ids of this run, from {@link runIds}: the same again tells nobody twice. */
  const notify = useCallback(
    (ids: readonly string[], runs: readonly string[]) =>
      run(
        NotifyAdministratorsDocument,
        ids,
        (conversationIds, part) => ({ input: { conversationIds, id: runs[part] ?? null } }),
        (data) => data.notifyAdministrators,
        (count) => t("conversations.action.done", { count }),
      ),
    [run, t],
  );

  const tag = useCallback(
    (ids: readonly string[], tags: { add?: string[]; remove?: string[] }) =>
      run(
        TagConversationsDocument,
        ids,
        (conversationIds) => ({ input: { conversationIds, ...tags } }),
        (data) => data.tagConversations,
        () => t("conversations.tags.changed"),
      ),
    [run, t],
  );

  return { changeStatus, assign, notify, tag };
}
