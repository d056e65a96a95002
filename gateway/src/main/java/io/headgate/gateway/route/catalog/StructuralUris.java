package io.headgate.gateway.route.catalog;

import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import org.jspecify.annotations.Nullable;

/**
 * The places of an answer where a URI means a resource of the server, and nothing else.
 *
 * <p>Texts, blobs, structured content and arguments may hold URIs too; those are the tool's own data and stay.
 */
public final class StructuralUris {
    private StructuralUris() {}

    /** Renames a value if it is a string. */
    static void rename(Namespace namespace, @Nullable RawJson uri, Splice splice) {
        String bare = uri == null ? null : uri.string();
        if (uri != null && bare != null) {
            splice.replace(uri, JsonStrings.quote(namespace.clientUri(bare)));
        }
    }

    /** Renames those of a result: of a tool, of a prompt, or of a resource that was read. */
    public static void renameInResult(Namespace namespace, Envelope result, Splice splice) {
        rename(namespace, result.get(Member.CONTENT), result.get(Member.CONTENTS), result.get(Member.MESSAGES), splice);
    }

    /** Renames those of what a task came to, as it stands inside the task. */
    public static void renameInTask(Namespace namespace, RawJson task, Splice splice) {
        RawJson result = task.get("result");
        if (result != null) {
            rename(namespace, result.get("content"), result.get("contents"), result.get("messages"), splice);
        }
        RawJson error = task.get("error");
        RawJson data = error == null ? null : error.get("data");
        rename(namespace, data == null ? null : data.get("uri"), splice);
    }

    private static void rename(
            Namespace namespace,
            @Nullable RawJson content,
            @Nullable RawJson contents,
            @Nullable RawJson messages,
            Splice splice) {
        if (content != null) {
            renameInBlocks(namespace, content, splice);
        }
        if (contents != null) {
            for (RawJson part : contents.elements()) {
                rename(namespace, part.get("uri"), splice);
            }
        }
        if (messages != null) {
            for (RawJson message : messages.elements()) {
                RawJson blocks = message.get("content");
                if (blocks != null) {
                    renameInBlocks(namespace, blocks, splice);
                }
            }
        }
    }

    /** A failure may name the resource that is not there. */
    public static JsonRpc.Failure renameInFailure(Namespace namespace, JsonRpc.Failure failure) {
        RawJson data = failure.data();
        RawJson uri = data == null ? null : data.get("uri");
        if (data == null || uri == null || !uri.isString()) {
            return failure;
        }
        Splice splice = new Splice(data);
        rename(namespace, uri, splice);
        return new JsonRpc.Failure(failure.code(), failure.message(), splice.toJson());
    }

    /** An update names the resource that changed. */
    public static JsonRpc.Notification renameInUpdate(Namespace namespace, JsonRpc.Notification update) {
        RawJson params = update.params();
        if (params == null) {
            return update;
        }
        Splice splice = new Splice(params);
        rename(namespace, params.get("uri"), splice);
        return new JsonRpc.Notification(update.method(), splice.toJson());
    }

    private static void renameInBlocks(Namespace namespace, RawJson blocks, Splice splice) {
        if (blocks.isArray()) {
            for (RawJson block : blocks.elements()) {
                renameInBlock(namespace, block, splice);
            }
        } else {
            renameInBlock(namespace, blocks, splice);
        }
    }

    private static void renameInBlock(Namespace namespace, RawJson block, Splice splice) {
        String type = block.getString("type");
        if ("resource_link".equals(type)) {
            rename(namespace, block.get("uri"), splice);
        } else if ("resource".equals(type)) {
            RawJson resource = block.get("resource");
            rename(namespace, resource == null ? null : resource.get("uri"), splice);
        }
    }
}
