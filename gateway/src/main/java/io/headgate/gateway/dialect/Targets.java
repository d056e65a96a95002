package io.headgate.gateway.dialect;

import io.headgate.filter.Target;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a message addresses.
 *
 * @param missing the member that should have named it and does not, or null
 */
record Targets(Target target, @Nullable String missing) {
    static Targets of(String server, String method, Envelope envelope) {
        return switch (method) {
            case Methods.TOOLS_CALL -> named(server, Target.Kind.TOOL, envelope, Member.NAME, "name");
            case Methods.PROMPTS_GET -> named(server, Target.Kind.PROMPT, envelope, Member.NAME, "name");
            case Methods.RESOURCES_READ, Methods.RESOURCES_SUBSCRIBE, Methods.RESOURCES_UNSUBSCRIBE ->
                named(server, Target.Kind.RESOURCE, envelope, Member.URI, "uri");
            case Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL ->
                named(server, Target.Kind.TASK, envelope, Member.TASK_ID, "taskId");
            case Methods.COMPLETE ->
                envelope.is(Member.REF_TYPE, "ref/resource")
                        ? named(server, Target.Kind.RESOURCE, envelope, Member.REF_URI, "ref.uri")
                        : named(server, Target.Kind.PROMPT, envelope, Member.REF_NAME, "ref.name");
            default -> new Targets(new Target(server), null);
        };
    }

    private static Targets named(String server, Target.Kind kind, Envelope envelope, Member member, String shown) {
        String name = envelope.string(member);
        return name == null
                ? new Targets(new Target(server), shown)
                : new Targets(new Target(server, kind, name), null);
    }
}
