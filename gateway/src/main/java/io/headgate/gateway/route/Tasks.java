package io.headgate.gateway.route;

import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.Namespace;
import io.headgate.gateway.route.catalog.Offer;
import io.headgate.gateway.route.catalog.Owner;
import io.headgate.gateway.route.catalog.ServerSnapshot;
import io.headgate.gateway.route.catalog.StructuralUris;
import io.headgate.gateway.route.catalog.View;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.Extensions;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;

/**
 * The extension {@code io.modelcontextprotocol/tasks}: whose a task is, and what servers say of tasks in the words of the
 * client.
 */
final class Tasks {
    private static final RawJson REQUIRED =
            RawJson.of("{\"requiredCapabilities\":{\"extensions\":{\"" + Extensions.TASKS + "\":{}}}}");

    private final TaskIds ids;
    private final MeterRegistry meters;

    Tasks(Seal seal, MeterRegistry meters) {
        this.ids = new TaskIds(seal);
        this.meters = meters;
    }

    /** Who runs the task that a request is about; refuses whoever cannot have it, and says the same to all of them. */
    Owner owner(Exchange exchange, View view) {
        if (view.isComplete() && view.servers().stream().noneMatch(Tasks::mayOffer)) {
            throw new Refusal(Refusal.Reason.METHOD_NOT_FOUND, "Method not found");
        }
        requireDeclared(exchange.client());
        Target task = find(exchange, exchange.target().name(), view);
        Namespace namespace = task == null ? null : view.namespace(task.server());
        if (task == null || namespace == null) {
            throw new Refusal(Refusal.Reason.UNKNOWN_NAME, "Task not found");
        }
        return new Owner(namespace, task, view.renamed(task.server()) != null, /* isWrapped= */ false);
    }

    void requireDeclared(Client client) {
        if (!client.takesTasks()) {
            count("capability");
            throw new Refusal(Refusal.Reason.MISSING_CAPABILITY, "Missing required client capability", null, REQUIRED);
        }
    }

    /** The task in the words of its server, or null if this caller was not given the id, or not at this endpoint. */
    @Nullable
    Target find(Exchange exchange, String sealed, View view) {
        Target task = ids.open(exchange.caller(), sealed);
        boolean isHere = task != null
                && view.servers().stream()
                        .anyMatch(server -> server.namespace().server().equals(task.server()) && mayOffer(server));
        if (isHere) {
            return task;
        }
        count("task_id");
        return null;
    }

    /** Names the task of a result as the client does: sealed for the first time, or as the client wrote it. */
    void rename(Exchange exchange, Owner owner, Envelope result, Splice splice) {
        RawJson id = result.get(Member.RESULT_TASK_ID);
        String bare = id == null ? null : id.string();
        if (owner.target().kind() == Target.Kind.TASK) {
            RawJson type = result.get(Member.RESULT_TYPE);
            if (type != null && result.is(Member.RESULT_TYPE, "task")) {
                // Examples of the extension's own specification have it, against its text.
                splice.replace(type, "\"complete\"");
            }
            if (id != null) {
                if (!owner.target().name().equals(bare)) {
                    throw new Refusal(Refusal.Reason.UPSTREAM_PROTOCOL, "The server answered for another task");
                }
                splice.replace(id, JsonStrings.quote(exchange.target().name()));
            }
        } else if (result.is(Member.RESULT_TYPE, "task")) {
            if (id == null
                    || bare == null
                    || !exchange.method().equals(Methods.TOOLS_CALL)
                    || !exchange.client().takesTasks()) {
                throw new Refusal(
                        Refusal.Reason.UPSTREAM_PROTOCOL,
                        "The server answered with a task, and no client can ask for its result");
            }
            splice.replace(
                    id,
                    JsonStrings.quote(
                            ids.seal(exchange.caller(), owner.namespace().server(), bare)));
        }
    }

    /** News of a task under the id that the client has. */
    static JsonRpc.Notification renameInNews(
            @Nullable Namespace renamed, JsonRpc.Notification news, RawJson params, RawJson id, String sealed) {
        Splice splice = new Splice(params).replace(id, JsonStrings.quote(sealed));
        if (renamed != null) {
            StructuralUris.renameInTask(renamed, params, splice);
        }
        return new JsonRpc.Notification(news.method(), splice.toJson());
    }

    /** True unless the server is known not to have tasks. */
    private static boolean mayOffer(ServerSnapshot server) {
        Offer offer = server.offer();
        return offer == null || Extensions.settings(offer.listing().capabilities(), Extensions.TASKS) != null;
    }

    private void count(String reason) {
        meters.counter(MeterNames.MCP_REJECTED, "reason", reason).increment();
    }
}
