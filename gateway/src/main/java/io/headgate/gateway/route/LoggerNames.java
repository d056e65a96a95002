package io.headgate.gateway.route;

import io.headgate.gateway.route.catalog.Namespace;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;

/** Says in a log message which server of the fleet logs: its loggers' names may be those of any other server. */
final class LoggerNames {
    private LoggerNames() {}

    static JsonRpc.Notification rename(Namespace namespace, JsonRpc.Notification message) {
        RawJson params = message.params();
        if (params == null) {
            return message;
        }
        Splice splice = new Splice(params);
        RawJson logger = params.get("logger");
        if (logger == null) {
            splice.insert(params, "logger", JsonStrings.quote(namespace.server()));
        } else {
            String name = logger.string();
            splice.replace(
                    logger, JsonStrings.quote(name == null ? namespace.server() : namespace.server() + '/' + name));
        }
        return new JsonRpc.Notification(message.method(), splice.toJson());
    }
}
